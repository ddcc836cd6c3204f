"""Nobody gets in by a route that was forgotten."""

from __future__ import annotations

import pytest

from factories import ROOT
from routes import build, routes_of
from sightline.asgi.security import May, Public
from sightline.service.accounts.access import RULES

ROUTES = routes_of(build())


def test_there_are_routes():
    assert len(ROUTES) > 40
    assert any(route.method == "WEBSOCKET" for route in ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_route_has_one_rule(route):
    assert len(route.rules) == 1, f"{route} needs Depends(may(...)) or Depends(public(...)), once"


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_what_changes_something_has_a_rule_that_says_so(route):
    rule = route.rules[0]
    reads = isinstance(rule, May) and rule.action.endswith(".read")
    asks = ("/query", "/auth/ticket")  # they answer, and change nothing
    if route.method in {"PUT", "PATCH", "DELETE"} or (
        route.method == "POST" and not route.path.endswith(asks)
    ):
        assert not reads


def test_what_is_open_to_all_is_little_and_says_why():
    opened = {route.path: route.rules[0] for route in ROUTES if isinstance(route.rules[0], Public)}
    assert all(rule.reason for rule in opened.values())
    assert set(opened) <= {
        "/", "/health", "/livez", "/readyz", "/metrics", "/docs", "/docs.css", "/setup", "/setup.js", "/setup.css",
        "/api/v1/auth/login", "/api/v1/auth/refresh", "/api/v1/auth/setup",
        "/api/v1/uploads", "/api/v1/files/{pipeline_id}/{name:path}", "/stream/health", "/stream/view", "/stream/view.js", "/stream/view.css",
        "/api/v1/cameras/{camera_id}/hls/{key}/{name}",
    }  # fmt: skip


def test_every_rule_is_asked_for_by_a_route_or_a_service():
    assert {route.rules[0].action for route in ROUTES if isinstance(route.rules[0], May)} <= set(RULES)


def test_the_page_of_the_api_names_every_route():
    """A quick look; tests/e2e/test_api_page.py asks each of them as the page says."""
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    shown = [route for route in ROUTES if not route.path.startswith(("/docs", "/setup", "/stream/view"))]
    last = {[step for step in route.path.split("/") if not step.startswith("{")][-1] for route in shown}
    assert not [word for word in sorted(last) if f"/{word}" not in page]
