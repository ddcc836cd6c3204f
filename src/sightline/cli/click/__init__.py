"""Points clicked in a picture of a video: the page, its address on this machine, the commands that ask for it."""
