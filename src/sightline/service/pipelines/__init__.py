"""Pipelines as the network knows them: runs that somebody owns, follows, and takes results from."""
