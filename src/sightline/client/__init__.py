"""Clients of a server: `SightlineClient` of its HTTP API; `StreamClient` of its live streams lies in `stream`."""

from sightline.client.client import SightlineClient

__all__ = ["SightlineClient"]
