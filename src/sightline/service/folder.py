"""A run's folder: work in progress under `.sightline`, results under their final names only when whole."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sightline.core.errors import NO_ROOM, ConflictError, OutputFullError, OutputUnwritableError
from sightline.core.tables import schema_of

MANIFEST = "manifest.json"
BACKGROUND = "background.png"
AUDIO = "audio.m4a"
_RESULTS = (
    *("tables", "figures", "highlights"),
    *(MANIFEST, BACKGROUND, AUDIO, "report.json", "report.html", "annotated.mp4"),
)
"""Every name under which results lie in a run's folder."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals into errors with a hint.

    Raises:
        OutputFullError: The disk is full.
        OutputUnwritableError: Anything else that stops writing.
    """
    try:
        yield
    except OSError as error:
        if error.errno in NO_ROOM:
            raise OutputFullError(
                f"no room left while writing {path.name}",
                hint="free some space, then resume with --resume; what was done so far is kept",
            ) from error
        words = f"{error.filename} is a file" if isinstance(error, FileExistsError) else error.strerror
        raise OutputUnwritableError(
            f"cannot write {path}: {words or error}", hint="choose another place with --out"
        ) from error


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a temporary name to write to; it becomes `path` only when all went well.

    Raises:
        OutputError: It could not be written.
    """
    temporary = path.with_name(f".{path.name}.part")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            _sync(temporary)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write plain data as JSON, whole or not at all; equal data give equal bytes.

    Raises:
        OutputError: It could not be written.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _holds_files(path: Path) -> bool:
    return any(path.iterdir()) if path.is_dir() else path.exists()


def sha256_of(path: Path) -> str:
    """Give a file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    """Have the bytes on disk before anything says that they are."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class RunFolder:
    """Where a run works and leaves its results.

    Attributes:
        root: The folder the user named.
        work: Work in progress; gone once the run has completed.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.work = root / ".sightline"

    @property
    def tables(self) -> Path:
        """Folder of the finished tables."""
        return self.root / "tables"

    @property
    def figures(self) -> Path:
        """Folder of the pictures."""
        return self.root / "figures"

    @property
    def clips(self) -> Path:
        """Folder of the parts worth watching."""
        return self.root / "highlights"

    @property
    def is_complete(self) -> bool:
        """Whether it holds a finished run: the manifest is written last."""
        return (self.root / MANIFEST).is_file()

    def check_free(self) -> None:
        """Refuse a folder in which something stands where results go, whoever made it: nothing is removed unasked.

        Raises:
            ConflictError: It holds results, an unfinished run, or files of somebody else.
        """
        if self.is_complete:
            raise ConflictError(
                f"{self.root} holds results already", hint="add --overwrite, or choose another --out"
            )
        if self.part(0).parent.is_dir():
            raise ConflictError(
                f"{self.root} holds an unfinished run",
                hint="--resume goes on where this machine knows the run; --overwrite starts again",
            )
        taken = [name for name in _RESULTS if _holds_files(self.root / name)]
        if taken:
            raise ConflictError(
                f"{self.root} holds {', '.join(taken)} of no finished run",
                hint="choose another --out; --overwrite removes them",
            )

    def is_result(self, path: Path) -> bool:
        """Tell whether a file lies where results go: a new run here would remove it."""
        place, root = path.resolve(), self.root.resolve()
        return place.is_relative_to(root) and place != root and place.relative_to(root).parts[0] in _RESULTS

    def described(self) -> dict[str, dict[str, Any]]:
        """Give each result's name with its `sha256` and `bytes`; files that are not ours are left out."""
        places = [self.root / name for name in _RESULTS if name != MANIFEST]
        files = [path for place in places for path in (place, *place.rglob("*")) if path.is_file()]
        return {
            path.relative_to(self.root).as_posix(): {"sha256": sha256_of(path), "bytes": path.stat().st_size}
            for path in sorted(files)
        }

    def create(self) -> None:
        """Make it, with its work folder.

        Raises:
            OutputError: It cannot be made or written to.
        """
        with writing(self.root):
            self.work.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder; the operating system lets go when the process dies, however it dies.

        Raises:
            ConflictError: Another process works in it.
        """
        self.create()
        with writing(self.work), (self.work / "lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ConflictError(
                    f"another process is working in {self.root}", hint="wait for it, or choose another --out"
                ) from None
            try:
                yield
            finally:  # closing would not do: a process that is being started has a copy of the handle for a moment
                fcntl.flock(file, fcntl.LOCK_UN)

    def clear(self) -> None:
        """Remove every result and all work of earlier runs; files that are not ours stay.

        Raises:
            OutputError: Something could not be removed.
        """
        with writing(self.root):
            for name in (*_RESULTS, ".sightline/parts", ".sightline/found", ".sightline/new"):
                path = self.root / name
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)

    # -- parts ---------------------------------------------------------------------------------------------

    def part(self, segment: int) -> Path:
        """Folder of one segment's table parts."""
        return self.work / "parts" / f"{segment:06d}"

    def write_part(self, segment: int, rows: Mapping[str, pa.RecordBatch]) -> None:
        """Store a segment's rows; the folder appears whole, with its bytes on disk.

        A part left by a process that died before its checkpoint was committed is replaced.

        Raises:
            OutputError: It could not be written.
        """
        final = self.part(segment)
        temporary = final.with_suffix(".tmp")
        with writing(final):
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir(parents=True)
            for table, batch in rows.items():
                path = temporary / f"{table}.parquet"
                # a dictionary of boxes' sides is given up halfway, at the cost of all else in here
                repeated = [field.name for field in batch.schema if field.type != pa.float32()]
                pq.write_table(
                    pa.Table.from_batches([batch]), path, compression="zstd", use_dictionary=repeated
                )
                _sync(path)
            shutil.rmtree(final, ignore_errors=True)
            temporary.replace(final)
            _sync(final.parent)

    def found(self, segment: int) -> Path:
        """File of what was found in a segment by stages without a memory, where a run is shared."""
        return self.work / "found" / f"{segment:06d}"

    def keep_found(self, segment: int, findings: bytes) -> None:
        """Store what was found in a segment, whole or not at all; several processes may do so at once.

        Raises:
            OutputError: It could not be written.
        """
        final = self.found(segment)
        temporary = final.with_name(f"{final.name}.{os.getpid()}.part")
        with writing(final):
            final.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(findings)
            _sync(temporary)
            temporary.replace(final)

    def join_parts(self, segments: int) -> None:
        """Make `tables/*.parquet` of all parts, a row group per segment; memory holds one part at a time.

        Raises:
            OutputError: They could not be written.
        """
        names = sorted(path.stem for path in self.part(0).glob("*.parquet"))
        for table in names:
            with (
                whole(self.tables / f"{table}.parquet") as path,
                pq.ParquetWriter(path, schema_of(table), compression="zstd") as writer,
            ):
                for segment in range(segments):
                    # not `read_table`, which imports Arrow's data sets: 20 MB
                    with pq.ParquetFile(self.part(segment) / f"{table}.parquet") as file:
                        part = file.read(use_threads=False)
                    if part.num_rows:
                        writer.write_table(part)

    def finish(self) -> None:
        """Remove the work folder's contents, now that the results stand."""
        shutil.rmtree(self.work, ignore_errors=True)


def free_bytes(path: Path) -> int:
    """Give how many bytes can still be written where `path` lies."""
    return shutil.disk_usage(path).free


def folder_bytes(folder: Path) -> int:
    """Give how much lies in a folder; what vanishes meanwhile counts as nothing."""
    total = 0
    for path in folder.rglob("*") if folder.is_dir() else ():
        try:
            total += 0 if path.is_symlink() or not path.is_file() else path.stat().st_size
        except OSError:
            continue
    return total
