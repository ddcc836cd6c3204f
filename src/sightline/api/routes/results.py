"""What a finished pipeline left: files, tables, and answers to questions in SQL."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from sightline.api.file_answer import file_answer
from sightline.api.platform import PREFIX, PipelineId, PlatformHere
from sightline.api.views.pipelines import Files, FileView, Rows, SignedFileView, when
from sightline.api.views.pipelines import Query as Question
from sightline.asgi.problems import listed
from sightline.asgi.security import may, public, tell_of_stranger
from sightline.core.accounts import Principal
from sightline.core.errors import (
    AccessDeniedError,
    ConflictError,
    NotFoundError,
    QueryError,
    RangeInvalidError,
    RunNotFoundError,
)
from sightline.service.pipelines import signed
from sightline.service.pipelines.artifacts import Artifact, find_artifact, list_artifacts, results_of
from sightline.service.pipelines.find import find_run
from sightline.service.pipelines.query import QueryLimits, bounded_query
from sightline.service.pipelines.rows import Selection, TableFormat, rows_as

router = APIRouter(prefix=PREFIX, tags=["results"])
Reader = Annotated[Principal, Depends(may("runs.read"))]
_BINARY = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", **_BINARY},
    206: {"description": "The range that was asked for.", **_BINARY},
    304: {"description": "It is what the client has already."},
}
Name = Annotated[str, Path(max_length=512, description="As in the list: `tables/tracks.parquet`.")]
_NOT_YET = (RunNotFoundError, NotFoundError, ConflictError)


@router.get(
    "/pipeline/{pipeline_id}/artifacts",
    operation_id="list_artifacts",
    summary="List a pipeline's files",
    responses=listed(*_NOT_YET),
)
def list_files(platform: PlatformHere, who: Reader, pipeline_id: PipelineId) -> Files:
    """Give every file with its size and SHA-256."""
    run = find_run(platform, who, pipeline_id)
    base = f"{PREFIX}/pipeline/{run.id}/artifacts"
    return Files(items=[_view(one, f"{base}/{one.name}") for one in list_artifacts(run)])


def _view(one: Artifact, href: str) -> FileView:
    return FileView(
        name=one.name, size_bytes=one.size_bytes, sha256=one.sha256, media_type=one.media_type, href=href
    )


@router.get(
    "/pipeline/{pipeline_id}/artifacts/{name:path}",
    operation_id="get_artifact",
    summary="Fetch one file, or a range of its bytes",
    response_class=Response,
    responses=listed(*_NOT_YET, RangeInvalidError) | _FILE,
)
def get_file(
    platform: PlatformHere,
    who: Reader,
    pipeline_id: PipelineId,
    name: Name,
    range_: Annotated[str | None, Header(alias="Range", max_length=200)] = None,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
    if_range: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """Give the bytes; the ETag is the file's SHA-256."""
    one = find_artifact(find_run(platform, who, pipeline_id), name)
    return file_answer(one, asked=range_, if_none_match=if_none_match, if_range=if_range)


@router.post(
    "/pipeline/{pipeline_id}/sign/{name:path}",
    operation_id="sign_artifact",
    summary="Make a link that opens one file for a while",
    status_code=201,
    responses=listed(*_NOT_YET),
)
def sign_file(
    request: Request,
    platform: PlatformHere,
    who: Annotated[Principal, Depends(may("runs.share"))],
    pipeline_id: PipelineId,
    name: Name,
    expires_s: Annotated[
        int, Query(ge=1, le=signed.LONGEST_S, description="How long it holds, seconds.")
    ] = 3600,
) -> SignedFileView:
    """Give an address that needs no account: the object store's where the file lies there, else this server's."""
    run = find_run(platform, who, pipeline_id, "runs.share")
    base = str(request.base_url).rstrip("/") + f"{PREFIX}/files"
    made = signed.sign_file(platform, run, name, ttl_s=expires_s, base=base)
    one = made.artifact
    return SignedFileView(
        name=one.name,
        url=made.url,
        expires=when(made.expires_s),
        size_bytes=one.size_bytes,
        sha256=one.sha256,
        media_type=one.media_type,
    )


@router.get(
    "/files/{pipeline_id}/{name:path}",
    operation_id="get_signed_file",
    summary="Open a signed link",
    response_class=Response,
    responses=listed(ConflictError, RangeInvalidError) | _FILE,
    dependencies=[
        Depends(public("the signature in the address says who made the link and until when it holds"))
    ],
)
def get_signed_file(
    request: Request,
    platform: PlatformHere,
    pipeline_id: PipelineId,
    name: Name,
    expires: Annotated[str, Query(max_length=20, description="As the link has it.")] = "",
    signature: Annotated[str, Query(max_length=100, description="As the link has it.")] = "",
    range_: Annotated[str | None, Header(alias="Range", max_length=200)] = None,
    if_none_match: Annotated[str | None, Header(max_length=1000)] = None,
    if_range: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """Give the bytes, as the route of artifacts does; told to the audit where it begins, or is refused."""
    del expires, signature  # checked together, as they stand in the address
    target = f"run:{pipeline_id}/{name}"[:200]
    try:
        one = signed.open_signed(platform, pipeline_id, name, request.url.query)
    except AccessDeniedError as error:
        tell_of_stranger(request, "files.read", target, error)
        raise
    if range_ is None or range_.startswith("bytes=0-"):
        tell_of_stranger(request, "files.read", target)
    return file_answer(one, asked=range_, if_none_match=if_none_match, if_range=if_range)


@router.get(
    "/pipeline/{pipeline_id}/tables/{table}",
    operation_id="get_table",
    summary="Fetch rows of a table",
    response_class=StreamingResponse,
    responses=listed(*_NOT_YET, QueryError)
    | {
        200: {
            "description": "The rows, streamed.",
            "content": {
                form.media_type.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
                for form in TableFormat
                if form is not TableFormat.JSON
            }
            | {"application/json": {"schema": {"type": "array", "items": {"type": "object"}}}},
        }
    },
)
def get_table(
    platform: PlatformHere,
    who: Reader,
    pipeline_id: PipelineId,
    table: Annotated[str, Path(max_length=64, description="As in `tracks`.")],
    form: Annotated[
        TableFormat, Query(alias="format", description="How rows are written.")
    ] = TableFormat.PARQUET,
    columns: Annotated[
        list[str] | None, Query(max_length=64, description="Only these; may be repeated.")
    ] = None,
    where: Annotated[
        list[str] | None,
        Query(max_length=16, description="Conditions that all hold, as in `frame>=100`; may be repeated."),
    ] = None,
    limit: Annotated[int | None, Query(ge=0, le=2**31, description="Most rows.")] = None,
    offset: Annotated[int, Query(ge=0, le=2**31, description="Rows left out before the first.")] = 0,
) -> StreamingResponse:
    """Stream the rows that fit; memory never holds the whole table."""
    results = results_of(find_run(platform, who, pipeline_id))
    wanted = Selection(_split(columns), tuple(where or ()), limit, offset)
    pieces = rows_as(results, table, wanted, form)
    headers = {"Content-Disposition": f'attachment; filename="{table}.{form}"'}
    return StreamingResponse(pieces, media_type=form.media_type, headers=headers)


def _split(columns: list[str] | None) -> tuple[str, ...]:
    """Take `columns=a,b` for `columns=a&columns=b`."""
    return tuple(name for given in columns or () for name in given.split(",") if name)


@router.post(
    "/pipeline/{pipeline_id}/query",
    operation_id="query_tables",
    summary="Ask a pipeline's tables in SQL",
    responses=listed(*_NOT_YET, QueryError),
)
def query_tables(platform: PlatformHere, who: Reader, pipeline_id: PipelineId, body: Question) -> Rows:
    """Answer one SELECT in a process of its own: it reads the pipeline's tables and nothing else."""
    results = results_of(find_run(platform, who, pipeline_id))
    found = bounded_query(results, body.sql, QueryLimits())
    return Rows(columns=found.columns, rows=found.rows, is_cut=found.is_cut)
