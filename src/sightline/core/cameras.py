"""Cameras that a server works on until somebody removes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class StoredCamera:
    """A camera as it outlives a server.

    Attributes:
        id: What it is named by.
        owner: Id of the user it belongs to.
        request: What was asked for, as plain data; its address may hold a password.
        created_s: When it was added, seconds since the Unix epoch.
        server: Which server works on it, as that one calls itself; empty where none does.
    """

    id: str
    owner: str
    request: Mapping[str, Any]
    created_s: float = 0.0
    server: str = ""
