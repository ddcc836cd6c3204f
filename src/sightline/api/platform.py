"""What every route knows: where the API begins, and what the server was built with."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Request

from sightline.service.platform import Platform

PREFIX = "/api/v1"
"""Where every versioned route begins."""


async def _platform(request: Request) -> Platform:
    # Not in a thread, where the framework puts what is not `async`: it waits for nothing.
    found: Platform = request.app.state.platform
    return found


PlatformHere = Annotated[Platform, Depends(_platform)]
PipelineId = Annotated[str, Path(max_length=64, pattern=r"^[\w-]+$", description="Id of a pipeline.")]
