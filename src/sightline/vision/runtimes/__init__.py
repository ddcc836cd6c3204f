"""The only place that imports inference packages."""
