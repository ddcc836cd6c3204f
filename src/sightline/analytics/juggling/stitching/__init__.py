"""Which tracklet goes on as which, through the hands."""
