"""The model zoo: named weights with their origin, licence and checksum, and the folder that keeps them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

import yaml

from sightline.core.errors import (
    ConfigError,
    OutputUnwritableError,
    SettingsError,
    UnknownPluginError,
    WeightsInvalidError,
    WeightsMissingError,
)
from sightline.core.time import Clock, SystemClock
from sightline.vision.classes import COCO_80
from sightline.vision.download import Patience, Wanted, fetch, file_sha256
from sightline.vision.network import weights_sha256

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_CLASS_SETS: Mapping[str, tuple[str, ...]] = {"coco-80": COCO_80}
_RECORD = "model.json"
_SHIPPED = Path(__file__).parents[1] / "weights"


@dataclass(frozen=True, slots=True)
class ZooFile:
    """One file of some weights.

    Attributes:
        name: What it is called in the cache.
        url: Where to fetch it; empty where it is only taken from a local file.
        sha256: What it hashes to; None where nobody has vouched for it.
        size_bytes: Its length; None where that is not known.
    """

    name: str
    url: str = ""
    sha256: str | None = None
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class ZooEntry:
    """Named weights.

    Attributes:
        name: What a user calls them.
        layout: Their family; empty where it is to be read off the graph.
        files: The graph first, then what belongs beside it.
        licence: Of the weights.
        classes: One name per class id; empty where the file holds them.
        input: What the graph takes, in words.
        summary: What they find, how well, and where they come from.
        local: They were added from a file on this machine.
        shipped: They come with Sightline: nothing need be fetched.
    """

    name: str
    layout: str
    files: tuple[ZooFile, ...]
    licence: str = "unknown"
    classes: tuple[str, ...] = ()
    input: str = ""
    summary: str = ""
    local: bool = False
    shipped: bool = False

    @property
    def verified(self) -> bool:
        """Whether a checksum is known for every file."""
        return all(file.sha256 for file in self.files)

    def as_dict(self) -> dict[str, Any]:
        """Give plain data for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class FileCheck:
    """What a file hashes to, beside what it should; `actual` is None where the file is not there."""

    name: str
    expected: str | None
    actual: str | None

    @property
    def good(self) -> bool:
        """Whether it is there and as expected."""
        return self.actual is not None and self.actual == self.expected


class Zoo:
    """Weights by name: those of a manifest and those that a user added."""

    def __init__(
        self,
        cache_dir: Path,
        manifest: Path | None = None,
        *,
        clock: Clock | None = None,
        rng: Random | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._cache_dir = cache_dir
        self._manifest = manifest
        self._clock = clock or SystemClock()
        self._rng = rng or SystemRandom()
        self._patience = patience or Patience()

    def __contains__(self, name: object) -> bool:
        return name in self.names()

    def names(self) -> tuple[str, ...]:
        """Give all names, sorted."""
        return tuple(sorted({*self._official, *self._recorded()}))

    def entries(self) -> tuple[ZooEntry, ...]:
        """Give everything that is known, in order of name."""
        return tuple(self.show(name) for name in self.names())

    def show(self, name: str) -> ZooEntry:
        """Give what is known of some weights; of those on this machine, with the checksums they came with.

        Raises:
            UnknownPluginError: No weights have that name.
        """
        record = self._cache_dir / name / _RECORD
        if _NAME.fullmatch(name) and record.is_file():
            return _read_record(record)
        if name in self._official:
            return self._official[name]
        raise UnknownPluginError(
            f"no weights are called {name!r}", hint=f"have: {', '.join(self.names()) or 'none'}"
        )

    def installed(self, name: str) -> bool:
        """Whether all files are on this machine."""
        entry = self.show(name)
        folder = self._folder(entry)
        known = entry.shipped or (folder / _RECORD).is_file()
        return known and all((folder / file.name).is_file() for file in entry.files)

    def path(self, name: str) -> Path:
        """Give where the graph's file lies.

        Raises:
            UnknownPluginError: No weights have that name.
            WeightsMissingError: They are not on this machine; the hint says how to get them.
        """
        entry = self.show(name)
        if not self.installed(name):
            raise WeightsMissingError(
                f"the weights {name!r} are not on this machine", hint=f"sightline models pull {name}"
            )
        return self._folder(entry) / entry.files[0].name

    def pull(
        self,
        name: str,
        *,
        trust: bool = False,
        progress: Callable[[str, int, int | None], None] | None = None,
    ) -> Path:
        """Fetch some weights and give where the graph's file lies; does nothing where they are here and whole.

        Args:
            name: Which ones.
            trust: Take files that no checksum is known for; what they hash to is then recorded.
            progress: Called with file name, bytes so far and bytes in all (None where not known).

        Raises:
            UnknownPluginError: No weights have that name.
            WeightsInvalidError: What came is not what was expected, or nobody vouches for it.
            WeightsMissingError: They have no address.
            DownloadFailedError: The address is refused, or every attempt failed.
            OutputError: They cannot be written.
        """
        if self.installed(name) and all(check.good for check in self.verify(name)):
            return self.path(name)
        entry = self._official.get(name)
        if entry is None or not all(file.url for file in entry.files):
            raise WeightsMissingError(
                f"the weights {name!r} have no address to fetch them from",
                hint=f"get the file and run: sightline models add FILE --name {name}",
            )
        if not entry.verified and not trust:
            raise WeightsInvalidError(
                f"no checksum is known for {name!r}, so nothing would tell if it was tampered with",
                hint=f"to take what comes: sightline models pull {name} --trust",
            )
        taken = tuple(self._fetch(entry, file, progress) for file in entry.files)
        self._record(replace(entry, files=taken))
        return self.path(name)

    def add(
        self,
        source: Path,
        *,
        name: str | None = None,
        layout: str = "",
        classes: tuple[str, ...] = (),
        licence: str = "unknown",
    ) -> ZooEntry:
        """Keep a copy of a local file under a name, with its checksum; an `.xml` brings its `.bin`.

        A file that the manifest knows by its checksum takes its facts from there.

        Args:
            source: An `.onnx` or `.xml` file.
            name: What to call it; its file name without the suffix by default.
            layout: Its family; left empty it is read off the graph whenever it is used.
            classes: One name per class id.
            licence: Of the weights.

        Raises:
            SettingsError: The name cannot be used, or is taken by other weights.
            WeightsMissingError: The file is not there.
            WeightsInvalidError: It is of another kind, or not what the manifest has under that name.
            OutputError: It cannot be written.
        """
        chosen = name or re.sub(r"[^a-z0-9._-]", "-", source.stem.lower())
        if not _NAME.fullmatch(chosen):
            raise SettingsError(
                f"{chosen!r} cannot be a name", hint="use small letters, digits, dots, dashes and underscores"
            )
        given = _local_files(source)
        entry = self._as_known(chosen, given) or ZooEntry(chosen, layout, given, licence, classes, local=True)
        entry = replace(entry, layout=layout or entry.layout, classes=classes or entry.classes)
        if chosen in self._recorded() and self.show(chosen).files != entry.files:
            raise SettingsError(
                f"the name {chosen!r} is taken by other weights", hint="choose another --name"
            )
        folder = self._cache_dir / chosen
        sources = (source, source.with_suffix(".bin"))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for file, origin in zip(entry.files, sources, strict=False):
                part = folder / f"{file.name}.part"
                shutil.copyfile(origin, part)
                part.replace(folder / file.name)
        except OSError as error:
            raise OutputUnwritableError(
                f"cannot copy {source} to {folder}: {error.strerror}",
                hint="free some space, or set SIGHTLINE_MODELS_DIR to another folder",
            ) from error
        self._record(entry)
        return entry

    def verify(self, name: str) -> tuple[FileCheck, ...]:
        """Hash the files of some weights on this machine again, and give each beside what it should be.

        Raises:
            UnknownPluginError: No weights have that name.
        """
        entry = self.show(name)
        folder = self._folder(entry)
        return tuple(FileCheck(file.name, file.sha256, _hash_of(folder / file.name)) for file in entry.files)

    def _folder(self, entry: ZooEntry) -> Path:
        return _SHIPPED if entry.shipped else self._cache_dir / entry.name

    def _fetch(
        self, entry: ZooEntry, file: ZooFile, progress: Callable[[str, int, int | None], None] | None
    ) -> ZooFile:
        target = self._cache_dir / entry.name / file.name
        digest = fetch(
            Wanted(file.url, file.sha256, file.size_bytes),
            target,
            clock=self._clock,
            rng=self._rng,
            patience=self._patience,
            progress=None if progress is None else lambda have, total: progress(file.name, have, total),
        )
        return replace(file, sha256=digest, size_bytes=target.stat().st_size)

    def _as_known(self, name: str, given: tuple[ZooFile, ...]) -> ZooEntry | None:
        """Give the manifest's entry of that name, for files that are the same; refuse others."""
        entry = self._official.get(name)
        if entry is None:
            hashes = [file.sha256 for file in given]
            same = [e for e in self._official.values() if [file.sha256 for file in e.files] == hashes]
            return replace(same[0], name=name, files=given, local=True) if same else None
        for known, file in zip(entry.files, given, strict=False):
            if known.sha256 is not None and known.sha256 != file.sha256:
                raise WeightsInvalidError(
                    f"this is not {name!r}: sha256 {file.sha256}, not {known.sha256}",
                    hint="choose another --name for it",
                )
        return replace(entry, files=given, local=True)

    def _record(self, entry: ZooEntry) -> None:
        record = self._cache_dir / entry.name / _RECORD
        part = record.with_name(_RECORD + ".part")
        try:
            part.write_text(json.dumps(entry.as_dict(), indent=2, sort_keys=True) + "\n", encoding="utf-8")
            part.replace(record)
        except OSError as error:
            raise OutputUnwritableError(
                f"cannot write {record}: {error.strerror}",
                hint="free some space, or set SIGHTLINE_MODELS_DIR to another folder",
            ) from error

    def _recorded(self) -> tuple[str, ...]:
        if not self._cache_dir.is_dir():
            return ()
        return tuple(sorted(record.parent.name for record in self._cache_dir.glob(f"*/{_RECORD}")))

    @cached_property
    def _official(self) -> Mapping[str, ZooEntry]:
        if self._manifest is None:
            text = files("sightline.vision").joinpath("zoo.yaml").read_text(encoding="utf-8")
            return _read_manifest(text, "zoo.yaml")
        try:
            return _read_manifest(self._manifest.read_text(encoding="utf-8"), str(self._manifest))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"cannot read the manifest {self._manifest}: {error}") from error


def _read_manifest(text: str, name: str) -> dict[str, ZooEntry]:
    try:
        rows = yaml.safe_load(text)["models"]
        entries = {key: _entry(key, row) for key, row in rows.items()}
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise ConfigError(
            f"{name} is not a manifest of models: {error}", hint="see docs/models.md"
        ) from error
    return entries


def _entry(name: str, row: Mapping[str, Any]) -> ZooEntry:
    classes = row.get("classes", ())
    entry = ZooEntry(
        name=name,
        layout=row.get("layout", ""),
        files=tuple(ZooFile(**file) for file in row["files"]),
        licence=row.get("licence", "unknown"),
        classes=_CLASS_SETS[classes] if isinstance(classes, str) else tuple(classes),
        input=row.get("input", ""),
        summary=" ".join(row.get("summary", "").split()),
        local=bool(row.get("local", False)),
        shipped=bool(row.get("shipped", False)),
    )
    if not _NAME.fullmatch(name) or not entry.files:
        raise ValueError(f"{name!r} needs a plain name and at least one file")
    if any(Path(file.name).name != file.name or file.name == _RECORD for file in entry.files):
        raise ValueError(f"{name!r} has a file that is not a plain name")
    return entry


def _read_record(record: Path) -> ZooEntry:
    try:
        row = json.loads(record.read_text(encoding="utf-8"))
        return _entry(row["name"], row)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WeightsInvalidError(
            f"{record} is damaged", hint=f"delete {record.parent} and fetch the weights again"
        ) from error


def _local_files(source: Path) -> tuple[ZooFile, ...]:
    if source.suffix.lower() not in (".onnx", ".xml"):
        raise WeightsInvalidError(f"{source.name} is neither .onnx nor .xml", hint="convert it first")
    parts = (source, source.with_suffix(".bin")) if source.suffix == ".xml" else (source,)
    missing = [part for part in parts if not part.is_file()]
    if missing:
        raise WeightsMissingError(f"there is no file {missing[0]}", hint="check the path")
    return tuple(
        ZooFile(name=part.name, sha256=_hash_of(part), size_bytes=part.stat().st_size) for part in parts
    )


def _hash_of(path: Path) -> str | None:
    if not path.is_file():
        return None
    whole = path.suffix != ".xml"
    return weights_sha256(path) if whole else file_sha256(path)
