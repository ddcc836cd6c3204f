"""The figures of a match."""
