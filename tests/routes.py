"""The routes of the server as it is built, for tests that go through all of them."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from sightline.asgi.security import May, Public
from sightline.bootstrap import build_platform
from sightline.server.app import build_server
from sightline.settings import read_settings
from sightline.testing.accounts import MemoryAccountStore
from sightline.testing.memory import MemoryRunStore

# The framework's own address: the document of the API, which holds nothing of anybody's.
OF_FRAMEWORK = frozenset({"/openapi.json"})


@dataclass(frozen=True)
class Route:
    """One method of one address."""

    method: str
    path: str
    rules: tuple[May | Public, ...]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def rule(self) -> May | Public:
        return self.rules[0]


def build(home: Path | None = None, **settings: Any) -> FastAPI:
    """Give a server whose runs and accounts live in memory."""
    home = home or Path(tempfile.gettempdir()) / "sightline-routes"
    given = read_settings(home=home, password_memory_kib=19_456, min_free_bytes=0, **settings)
    return build_server(build_platform(given, store=MemoryRunStore(), accounts=MemoryAccountStore()))


def routes_of(app: FastAPI) -> list[Route]:
    """Give every route but the framework's own."""
    found = []
    for context in iter_route_contexts(app.routes):
        if context.path in OF_FRAMEWORK:
            continue
        rules = tuple(rules_of(context))
        methods = getattr(context, "methods", None) or {"WEBSOCKET"}
        found += [Route(method, context.path, rules) for method in sorted(methods)]
    return found


def rules_of(route: Any) -> list[May | Public]:
    """Give every rule that a route or one of its dependencies declares."""
    found: list[May | Public] = []
    waiting = [route.dependant] if hasattr(route, "dependant") else []
    while waiting:
        dependant = waiting.pop()
        if isinstance(dependant.call, May | Public):
            found.append(dependant.call)
        waiting.extend(dependant.dependencies)
    return found
