"""What can be asked for: applications and models."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from sightline import plugins
from sightline.api.platform import PlatformHere
from sightline.asgi.problems import listed
from sightline.asgi.security import may
from sightline.core.errors import MissingDependencyError
from sightline.service.models import list_models

router = APIRouter(prefix="/api/v1", tags=["catalog"])


class App(BaseModel):
    """An application."""

    name: str
    settings: dict[str, Any] = Field(description="Its settings with their defaults.")


class Apps(BaseModel):
    """The applications that are installed."""

    items: list[App]


class Model(BaseModel):
    """A model."""

    name: str
    family: str = Field(description="Its plugin's name; empty where it is read off the graph.")
    installed: bool = Field(description="Whether it can be used at once.")
    needs_weights: bool = Field(description="Whether there are weights at all.")
    verified: bool = Field(description="Whether a checksum vouches for them.")
    licence: str = Field(description="Of the weights.")
    summary: str = Field(description="What it finds, in a sentence.")


class Models(BaseModel):
    """The models that a run may name."""

    items: list[Model]


@router.get(
    "/apps",
    operation_id="list_apps",
    summary="List the applications and their settings",
    dependencies=[Depends(may("models.read"))],
    responses=listed(MissingDependencyError),
)
def apps() -> Apps:
    """Give what a video can be turned into."""
    found = [
        App(name=name, settings=dict(plugins.load("apps", name)().defaults()))
        for name in plugins.names("apps")
    ]
    return Apps(items=found)


@router.get(
    "/models",
    operation_id="list_models",
    summary="List the models",
    dependencies=[Depends(may("models.read"))],
    responses=listed(),
)
def models(platform: PlatformHere) -> Models:
    """Give every model that a run may name: those without weights first, then the zoo's."""
    return Models(items=[Model(**asdict(row)) for row in list_models(platform.zoo)])
