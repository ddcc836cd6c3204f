"""Keeps what is known of videos in a SQL database."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any

from sqlalchemy import RowMapping, Select, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from sightline.adapters.sql.connection import InDatabase
from sightline.adapters.sql.schema.videos import receipts, videos
from sightline.adapters.sql.shared import newest
from sightline.core.errors import ConflictError, NotFoundError
from sightline.core.receipts import WATCHED, Receipt
from sightline.core.videos import Video, VideoFilter, VideoState


class SqlVideoStore(InDatabase):
    """Videos in SQLite or PostgreSQL."""

    def add(self, video: Video) -> None:
        """Store a new video; raises `ConflictError` where its id is taken."""
        with self._database.writing() as connection:
            try:
                connection.execute(insert(videos).values(**_row(video)))
            except IntegrityError:
                raise ConflictError(f"there is already a video {video.id}") from None

    def get(self, video_id: str) -> Video:
        """Raises `NotFoundError`."""
        with self._database.reading() as connection:
            row = connection.execute(select(videos).where(videos.c.id == video_id)).mappings().first()
        if row is None:
            raise _missing(video_id)
        return _video(row)

    def list(
        self, wanted: VideoFilter | None = None, *, limit: int = 100, before: str | None = None
    ) -> Sequence[Video]:
        """Those wanted, newest first; `before` is the last id of the page before."""
        wanted = wanted or VideoFilter()
        query = newest(
            videos,
            partial(_narrowed, wanted=wanted),
            owner=wanted.owner,
            shared_ids=wanted.shared_ids,
            limit=limit,
            before=before,
        )
        with self._database.reading() as connection:
            return [_video(row) for row in connection.execute(query).mappings()]

    def update(self, video: Video) -> Video:
        """Store a change; refuses an old `version`."""
        changed = replace(video, version=video.version + 1)
        mine = videos.c.id == video.id
        with self._database.writing() as connection:
            done = connection.execute(
                update(videos).where(mine, videos.c.version == video.version).values(**_row(changed))
            )
            if done.rowcount == 0:
                if connection.execute(select(videos.c.id).where(mine)).first() is None:
                    raise _missing(video.id)
                raise ConflictError(f"video {video.id} was changed by somebody else", hint="read it again")
        return changed

    def delete(self, video_id: str) -> None:
        """Forget a video; raises `NotFoundError`."""
        with self._database.writing() as connection:
            if connection.execute(delete(videos).where(videos.c.id == video_id)).rowcount == 0:
                raise _missing(video_id)


class SqlReceiptStore(InDatabase):
    """Requests under a key, in SQLite or PostgreSQL."""

    def claim(self, receipt: Receipt) -> Receipt | None:
        """Store a new receipt, and give None; or give the one that its owner has under that key already."""
        with self._database.writing() as connection:
            try:
                with connection.begin_nested():
                    connection.execute(insert(receipts).values(**asdict(receipt)))
            except IntegrityError:
                query = select(receipts).where(*_mine(receipt.owner, receipt.key))
                row = connection.execute(query).mappings().one()
                return Receipt(**row)
        return None

    def settle(self, receipt: Receipt) -> None:
        """Store what came of it."""
        with self._database.writing() as connection:
            connection.execute(
                update(receipts).where(*_mine(receipt.owner, receipt.key)).values(result_id=receipt.result_id)
            )

    def drop(self, owner: str, key: str) -> None:
        """Forget one; does nothing where there is none."""
        with self._database.writing() as connection:
            connection.execute(delete(receipts).where(*_mine(owner, key)))

    def forget(self, *, before_s: float) -> int:
        """Drop those made before a time, but for those of watched files, and say how many."""
        old = receipts.c.created_s < before_s, ~receipts.c.key.startswith(WATCHED, autoescape=True)
        with self._database.writing() as connection:
            return connection.execute(delete(receipts).where(*old)).rowcount


def _mine(owner: str, key: str) -> tuple[Any, Any]:
    return receipts.c.owner == owner, receipts.c.key == key


def _narrowed(query: Select[Any], wanted: VideoFilter) -> Select[Any]:
    """Narrow a list of videos down, but for whose they are."""
    if wanted.state is not None:
        query = query.where(videos.c.state == wanted.state.value)
    if wanted.sha256:
        query = query.where(videos.c.sha256 == wanted.sha256)
    if wanted.tag:  # no tag holds a quotation mark, so this finds whole tags alone
        tag = json.dumps(wanted.tag, ensure_ascii=False)
        query = query.where(videos.c.tags.contains(tag, autoescape=True))
    return query


def _missing(video_id: str) -> NotFoundError:
    return NotFoundError(f"there is no video {video_id!r}", hint="list the videos to see those there are")


def _row(video: Video) -> dict[str, Any]:
    plain = asdict(video)
    for name in ("media", "error"):
        plain[name] = _json(plain[name])
    return plain | {"tags": json.dumps(list(video.tags), ensure_ascii=False), "state": video.state.value}


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), sort_keys=True)


def _video(row: RowMapping) -> Video:
    plain = dict(row)
    plain["state"] = VideoState(plain["state"])
    plain["tags"] = tuple(json.loads(plain["tags"]))
    plain["media"] = json.loads(plain["media"])
    plain["error"] = json.loads(plain["error"])
    return Video(**plain)
