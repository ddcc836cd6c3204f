"""One file per revision, named `r<number>_<what>.py`; each goes on from the number before it."""
