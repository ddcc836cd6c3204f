"""The only table from errors to HTTP statuses, and the one shape in which they are told.

Problem details as in RFC 9457, with `code`, `hint` and `request_id`. Clients look at `code`; it never changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from sightline.core import errors
from sightline.core.errors import SightlineError

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_S = 5
"""What a client is told to wait after a 503 that names no time of its own."""
TOO_LARGE_HINT = "send less, or upload the file in parts"
_FRAMEWORK = {
    400: ("request_malformed", "send JSON"),
    404: ("route_not_found", "/docs lists the routes"),
    405: ("method_not_allowed", "/docs lists the routes and their methods"),
    413: (errors.BodyTooLargeError.code, TOO_LARGE_HINT),
}
"""Code and hint of what the framework itself refuses."""

STATUS: Mapping[type[SightlineError], int] = {
    SightlineError: 500,
    errors.ConfigError: 400,
    errors.MissingDependencyError: 503,
    errors.PipelineContractError: 422,
    errors.SettingsError: 422,
    errors.RulesError: 422,
    errors.NotationError: 422,
    errors.ResultsInvalidError: 500,
    errors.RequestError: 400,
    errors.BodyTooLargeError: 413,
    errors.ContentTypeError: 415,
    errors.RangeInvalidError: 416,
    errors.WaitedTooLongError: 408,
    errors.ChecksumError: 460,
    errors.PreconditionError: 412,
    errors.KeyReusedError: 422,
    errors.MediaError: 400,
    errors.SourceUnavailableError: 404,
    errors.UnsupportedFormatError: 415,
    errors.MediaTooLargeError: 413,
    errors.ModelError: 500,
    errors.WeightsInvalidError: 422,
    errors.WeightsMissingError: 422,
    errors.UnknownLayoutError: 422,
    errors.DownloadFailedError: 503,
    errors.AnalysisError: 422,
    errors.OutputError: 500,
    errors.OutputFullError: 503,
    errors.AccessError: 403,
    errors.AuthenticationError: 401,
    errors.NotFoundError: 404,
    errors.ContentRefusedError: 415,
    errors.LimitError: 429,
    errors.RunError: 500,
    errors.RunNotFoundError: 404,
    errors.IllegalTransitionError: 409,
    errors.ConflictError: 409,
    errors.RunTimeoutError: 408,
    errors.StreamError: 400,
    errors.StreamNotFoundError: 404,
    errors.CameraElsewhereError: 421,
    errors.StreamOverloadedError: 503,
    errors.MessageInvalidError: 422,
    errors.FrameRefusedError: 422,
    errors.AdapterError: 500,
    errors.AdapterUnavailableError: 503,
}
"""A class that is not here has its nearest ancestor's status."""

_CHECKSUM = 460
_log = structlog.get_logger("sightline.http")


class Problem(BaseModel):
    """What went wrong, as RFC 9457 has it."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Names the kind of problem; the code as a reference.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What happened, in one line.")
    code: str = Field(description="Stable name for programs to look at.")
    hint: str | None = Field(description="What to do about it.")
    request_id: str = Field(description="Finds the request in the logs.")


def status_of(kind: type[SightlineError]) -> int:
    """Give the HTTP status of an error class."""
    return next(STATUS[ancestor] for ancestor in kind.__mro__ if ancestor in STATUS)


def phrase_of(status: int) -> str:
    """Give a status in words; 460 is that of resumable uploads, and not in the registry."""
    return "Checksum Mismatch" if status == _CHECKSUM else HTTPStatus(status).phrase


def listed(*kinds: type[SightlineError]) -> dict[int | str, dict[str, Any]]:
    """Give the `responses` of a route that may raise these, for the OpenAPI document.

    What any route may answer (401, 403, 422, 429, 500, 503) is added by `COMMON`.
    """
    by_status: dict[int, set[str]] = {}
    for kind in (*COMMON, *kinds):
        by_status.setdefault(status_of(kind), set()).add(kind.code)
    by_status[422].add("request_invalid")
    return {
        status: {
            "description": f"{phrase_of(status)}: {', '.join(sorted(codes))}",
            "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, codes in sorted(by_status.items())
    }


COMMON: tuple[type[SightlineError], ...] = (
    errors.RequestError,
    errors.AuthenticationError,
    errors.AccessDeniedError,
    errors.BodyTooLargeError,
    errors.SettingsError,
    errors.RateLimitedError,
    SightlineError,
    errors.AdapterUnavailableError,
)
"""What any route may answer with."""


def problem(
    request_id: str,
    status: int,
    code: str,
    detail: str,
    *,
    hint: str | None = None,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> JSONResponse:
    """Give a problem as a response."""
    body = {
        "type": f"urn:sightline:problem:{code}",
        "title": phrase_of(status),
        "status": status,
        "detail": detail,
        "code": code,
        "hint": hint,
        "request_id": request_id,
        **(more or {}),
    }
    return JSONResponse(body, status, headers=dict(headers or {}), media_type=CONTENT_TYPE)


def request_id(request: Request) -> str:
    """Give the id that the middleware gave this request."""
    return str(request.scope.get("sightline.request_id", ""))


def of_error(request: Request, error: SightlineError) -> JSONResponse:
    """Give an error's problem; `more` and `retry_after_s` of the error are passed on where it has them."""
    status = status_of(type(error))
    headers = dict(getattr(error, "headers", {}))
    wait_s = getattr(
        error, "retry_after_s", RETRY_AFTER_S if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    )
    if wait_s is not None:
        headers["Retry-After"] = str(max(1, round(wait_s)))
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request_failed", code=error.code, error=str(error), exc_info=error)
    return problem(
        request_id(request),
        status,
        error.code,
        error.message,
        hint=error.hint,
        headers=headers,
        more=getattr(error, "more", None),
    )


def install(app: FastAPI) -> None:
    """Have every refusal of an application told in this shape."""

    async def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, SightlineError)  # noqa: S101 - registered for that class alone
        return of_error(request, error)

    app.add_exception_handler(SightlineError, refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _of_framework)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """Tell of a request that does not fit its schema: 400 where it cannot be read at all, else 422."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for that class alone
    found = [
        {"where": ".".join(str(step) for step in one["loc"]), "what": one["msg"]} for one in error.errors()
    ]
    first = found[0] if found else {"where": "request", "what": "not valid"}
    unreadable = any(one["type"] == "json_invalid" for one in error.errors())
    hint = "send JSON" if unreadable else "/docs shows what this route takes"
    if first["where"] == "body" and "json" not in request.headers.get("content-type", ""):
        hint = "send JSON, with Content-Type: application/json"
    return problem(
        request_id(request),
        400 if unreadable else 422,
        "request_malformed" if unreadable else "request_invalid",
        f"{first['where']}: {first['what']}",
        hint=hint,
        more={"errors": found},
    )


async def _of_framework(request: Request, error: Exception) -> JSONResponse:
    """Tell of an unknown address or method, and of a body that did not end where it should."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for that class alone
    code, hint = _FRAMEWORK.get(error.status_code, ("http_error", "/docs lists the routes"))
    return problem(
        request_id(request),
        error.status_code,
        code,
        f"{request.method} {request.url.path}: {error.detail}",
        hint=hint,
        headers=error.headers,
    )
