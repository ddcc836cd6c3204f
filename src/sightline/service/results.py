"""Reads a finished run's folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from sightline.core.errors import (
    ConfigError,
    ResultsInvalidError,
    SourceUnavailableError,
    UnsupportedFormatError,
)
from sightline.core.ledger import Ledger
from sightline.core.media import MediaInfo
from sightline.core.tables import schema_of
from sightline.core.tracks import Tracks
from sightline.service.folder import MANIFEST, sha256_of
from sightline.service.tables import ParquetTables
from sightline.service.text_files import read_json

if TYPE_CHECKING:
    from sightline.service.sql import Answer

_FORMAT = 1
_AGAIN = "copy the whole folder again, or run the analysis again"
_BOX = ("x1_px", "y1_px", "x2_px", "y2_px")


class Results:
    """The tables, report and manifest of one run.

    Args:
        folder: What `sightline analyze --out` named.

    Raises:
        ConfigError: It holds no finished run.
        ResultsInvalidError: It holds only a part of one, or one in the format of another version.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        if not (self.folder / MANIFEST).is_file():
            raise ConfigError(
                f"{self.folder} holds no finished run",
                hint="give the folder that `sightline analyze --out` named; --resume finishes a stopped run",
            )
        self._check_whole()
        self.tables = ParquetTables(self.folder / "tables")

    def _check_whole(self) -> None:
        """Refuse a folder that was copied by half: a missing table would read as one in which nothing was found."""
        facts = self.manifest
        with self.reading("files"):
            tables = [self.folder / name for name in dict(facts["files"]) if name.startswith("tables/")]
        if facts.get("format", _FORMAT) != _FORMAT:
            raise ResultsInvalidError(
                f"{self.folder} is in format {facts['format']}, and format {_FORMAT} is read here",
                hint="use the version of Sightline that made it, or run the analysis again",
            )
        missing = [table.name for table in tables if not table.is_file()]
        if missing:
            raise ResultsInvalidError(
                f"{self.folder} is not whole: it lacks {', '.join(missing)}", hint=_AGAIN
            )

    @property
    def manifest(self) -> dict[str, Any]:
        """`manifest.json`: versions, settings, hashes, what each step took."""
        return self._json(MANIFEST)

    @property
    def report(self) -> dict[str, Any]:
        """`report.json`: what the application found."""
        return self._json("report.json")

    @property
    def ledger(self) -> Ledger:
        """What became of every frame."""
        with self.reading("ledger"):
            counts = self.manifest["ledger"]
            return Ledger(counts["decoded"], counts["inferred"], counts["skipped"], counts["failed"])

    @property
    def provenance(self) -> dict[str, Any]:
        """What decided the result, as the manifest has it."""
        with self.reading("provenance"):
            return {**self.manifest["provenance"]}

    @property
    def source_name(self) -> str:
        """What the video was called."""
        with self.reading("source"):
            return str(self.provenance["source"]["name"])

    @property
    def app(self) -> str:
        """The application that made the report."""
        with self.reading("app"):
            return str(self.provenance["app"])

    @property
    def app_settings(self) -> dict[str, Any]:
        """The settings of the application that made the report."""
        with self.reading("settings of the application"):
            return {**self.provenance.get("settings", {}).get("app", {})}

    @property
    def media(self) -> MediaInfo:
        """Facts about the video the run looked at, as its manifest has them."""
        with self.reading("media"):
            facts = self.manifest["media"]
            rate = facts["frame_rate_hz"]
            return MediaInfo(
                container=facts["container"],
                codec=facts["codec"],
                size=(int(facts["height_px"]), int(facts["width_px"])),
                rotation_deg=int(facts["rotation_deg"]),
                frame_rate_hz=Fraction(rate) if rate else None,
                variable_frame_rate=facts["variable_frame_rate"],
                duration_s=Fraction(facts["duration_s"]),
                frames=int(facts["frames"]),
                size_bytes=0,
                audio_codec=facts["audio_codec"],
                pixel_aspect=Fraction(facts.get("pixel_aspect", 1)),
            )

    def table(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Give a whole table.

        Raises:
            ConfigError: There is no such table.
        """
        if self.tables.path(name) is None:
            raise ConfigError(
                f"{self.folder} has no table {name!r}", hint=f"it has {', '.join(self.tables.names())}"
            )
        fields = [schema_of(name).field(column) for column in columns or schema_of(name).names]
        return pa.Table.from_batches(list(self.tables.batches(name, columns)), pa.schema(fields))

    def tracks(self) -> Iterator[tuple[int, Tracks]]:
        """Give `(frame, tracks)` for each frame that has any, in order."""
        held = pa.Table.from_batches([], schema_of("tracks"))
        for batch in self.tables.batches("tracks"):
            rows = pa.concat_tables([held, pa.Table.from_batches([batch])])
            frames = rows["frame"].to_numpy()
            whole = int(np.searchsorted(frames, frames[-1])) if len(frames) else 0
            yield from _by_frame(rows.slice(0, whole))
            held = rows.slice(whole)
        yield from _by_frame(held)

    def query(self, statement: str) -> Answer:
        """Answer one SELECT in DuckDB's SQL; each table is a view of its name.

        The statement can read the run's tables and no other file, change nothing and reach no network.

        Raises:
            QueryError: The statement is wrong or wants more than reading.
            ResultsInvalidError: A table is damaged.
        """
        from sightline.service.sql import answer_sql

        self.tables.check()
        return answer_sql(self.tables.files(), statement)

    def changed_files(self) -> list[str]:
        """Give the files that are gone or no longer what the manifest says."""
        return sorted(
            name
            for name, facts in self.manifest["files"].items()
            if not (self.folder / name).is_file() or sha256_of(self.folder / name) != facts["sha256"]
        )

    def _json(self, name: str) -> dict[str, Any]:
        try:
            found = read_json(self.folder / name, _AGAIN)
        except (SourceUnavailableError, UnsupportedFormatError):
            found = None
        if not isinstance(found, dict):
            raise ResultsInvalidError(f"{self.folder / name} is damaged or missing", hint=_AGAIN)
        return found

    @contextmanager
    def reading(self, what: str, file: str = MANIFEST) -> Iterator[None]:
        """Name a part of the manifest, or of another file, that is not what it is to be."""
        try:
            yield
        except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError) as error:
            raise ResultsInvalidError(
                f"{self.folder / file} is damaged: its {what} cannot be read", hint=_AGAIN
            ) from error


def _by_frame(rows: pa.Table) -> Iterator[tuple[int, Tracks]]:
    """Cut rows, which hold each of their frames whole, into frames."""
    frames = rows["frame"].to_numpy()
    boxes_px = np.stack([rows[name].to_numpy() for name in _BOX], axis=1)
    columns = [rows[name].to_numpy() for name in ("score", "class_id", "track_id")]
    edges = [0, *(np.flatnonzero(np.diff(frames)) + 1).tolist(), len(frames)] if len(frames) else []
    for start, end in pairwise(edges):
        cut = slice(start, end)
        yield int(frames[start]), Tracks(boxes_px[cut], *(column[cut] for column in columns))
