"""Hands routes what the server was built with."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from sightline.service.platform import Platform


def _platform(request: Request) -> Platform:
    found: Platform = request.app.state.platform
    return found


PlatformHere = Annotated[Platform, Depends(_platform)]
