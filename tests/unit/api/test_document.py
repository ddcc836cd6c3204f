"""The OpenAPI document says what the code does."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute

from routes import rules_of
from sightline.api import app as api
from sightline.asgi.problems import status_of
from sightline.asgi.security import Public
from sightline.core import errors
from sightline.core.errors import SightlineError

ROUTES = [
    route
    for router in api.routers()
    for route in router.routes
    if isinstance(route, APIRoute) and route.include_in_schema
]


def name_of(route: APIRoute) -> str:
    return f"{min(route.methods)} {route.path}"


def listed(route: APIRoute) -> set[int]:
    return {int(status) for status in route.responses}


def called(function: Any) -> Iterator[Any]:
    """Functions of the service layer that a route calls, itself or by functions of its own module."""
    seen, waiting = set(), [function]
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        module = inspect.getmodule(one)
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(one)))):
            found = getattr(module, node.id, None) if isinstance(node, ast.Name) else None
            if not inspect.isfunction(found):
                continue
            if found.__module__ == module.__name__:
                waiting.append(found)
            elif found.__module__.startswith("sightline.service."):
                yield found


def raised(function: Any) -> set[type[SightlineError]]:
    """Errors that a docstring names under `Raises`."""
    _, _, tail = (inspect.getdoc(function) or "").partition("Raises:\n")
    names = {match[1] for match in re.finditer(r"^    (\w+Error):", tail, re.MULTILINE)}
    return {getattr(errors, name) for name in names if hasattr(errors, name)}


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_a_route_says_what_it_is(route):
    assert route.summary
    assert route.tags
    assert route.operation_id
    assert (route.endpoint.__doc__ or "").strip()


def test_every_operation_has_an_id_of_its_own():
    ids = [route.operation_id for route in ROUTES]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_a_route_that_asks_who_somebody_is_lists_the_refusals(route):
    if any(isinstance(rule, Public) for rule in rules_of(route)):
        return
    assert {401, 403, 422, 429, 500, 503} <= listed(route)


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_a_route_lists_the_status_of_every_error_that_its_use_cases_raise(route):
    missing = {
        (function.__name__, kind.__name__, status_of(kind))
        for function in called(route.endpoint)
        for kind in raised(function)
        if status_of(kind) not in listed(route)
    }
    assert not missing


def test_the_check_above_sees_what_a_route_calls_by_functions_of_its_own():
    start = next(route for route in ROUTES if route.operation_id == "process_video")
    names = {function.__name__ for function in called(start.endpoint)}
    assert {"start_pipeline", "fetch_video", "file_at", "once"} <= names
    assert errors.AddressRefusedError in set().union(*(raised(one) for one in called(start.endpoint)))


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_every_parameter_is_described(route):
    dependant = route.dependant
    found = [*dependant.path_params, *dependant.query_params, *dependant.header_params]
    assert not [one.alias for one in found if not one.field_info.description and one.alias not in QUIET]


# Headers that HTTP itself describes.
QUIET = {"Range", "if-none-match", "if-range"}
