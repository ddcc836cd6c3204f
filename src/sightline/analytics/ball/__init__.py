"""Where the ball is: candidates of every frame to one track, its gaps filled."""
