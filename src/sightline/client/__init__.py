"""Clients of a server: `SightlineClient` of its HTTP API, `StreamClient` of its live streams."""
