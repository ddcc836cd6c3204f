"""OpenVINO's package, silent."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sightline.core.optional import without


def silent_openvino() -> Any:
    """Import OpenVINO without its model converter, which on import reports the import to a server outside.

    Nothing in Sightline converts models, and nothing in it may call home.
    """
    with without("openvino.tools.ovc"):
        return import_module("openvino")
