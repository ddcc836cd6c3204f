"""What the road commands do: score the application against the truth (`evaluate`)."""
