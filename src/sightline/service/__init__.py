"""Use-cases that the command line, the API and workers share."""
