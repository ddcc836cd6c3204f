"""Live streams: sessions, the one owner of the model, admission, cameras."""
