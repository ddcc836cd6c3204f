"""One file per outside thing, behind a port."""
