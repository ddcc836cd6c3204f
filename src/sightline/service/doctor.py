"""Looks at a machine and says in plain words what it can do, what it lacks, and what to do about that."""

from __future__ import annotations

import os
import platform as host
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import sightline
from sightline import plugins
from sightline.core.errors import SightlineError
from sightline.settings import unknown_variables, without_password

if TYPE_CHECKING:
    from sightline.core.machine import Machine
    from sightline.settings import Settings

_GIGABYTE = 1_000_000_000
_LITTLE_MEMORY_BYTES = 2 * _GIGABYTE
_OPTIONAL = {
    "onnxruntime": ("onnx", "the `onnx` runtime, a second way to run models"),
    "trackers": ("trackers", "the trackers `ocsort` and `botsort`"),
    "supervision": ("trackers", "results as `supervision.Detections`"),
}
_DECODERS = ("h264", "hevc", "vp9", "av1", "mpeg4", "mpeg2video", "gif")


class Level(StrEnum):
    """How a finding is meant."""

    GOOD = "good"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        topic: What was looked at, one or two words.
        level: Whether it is fine, worth knowing, or in the way.
        words: What was found.
        hint: What to do about it; empty where nothing need be done.
    """

    topic: str
    level: Level
    words: str
    hint: str = ""


def examine(
    settings: Settings, machine: Machine, *, out: Path, environ: Mapping[str, str]
) -> Iterator[Finding]:
    """Look at everything that an analysis needs; nothing is changed but that the database is made.

    Args:
        settings: How Sightline is set up.
        machine: What the machine gives.
        out: Where results would go.
        environ: The environment, searched for misspelled settings.
    """
    yield _versions()
    yield _processor(settings, machine)
    yield _memory(machine)
    yield from _video()
    yield _opencv()
    yield _runtime(settings)
    yield from _model(settings)
    yield from _disk(settings, out)
    yield _database(settings)
    yield from _extras()
    for name in unknown_variables(environ):
        yield Finding("settings", Level.NOTE, f"{name} names no setting", "`sightline settings` lists them")


def _versions() -> Finding:
    return Finding(
        "version",
        Level.GOOD,
        f"Sightline {sightline.__version__} on Python {host.python_version()}, {host.system()} {host.machine()}",
    )


def _processor(settings: Settings, machine: Machine) -> Finding:
    cores = settings.threads or machine.cores
    name = machine.cpu or host.processor() or "processor"
    able = [
        word
        for flag, word in (
            ("avx2", "AVX2"),
            ("avx512f", "AVX-512"),
            ("avx512_vnni", "VNNI"),
            ("avx512_bf16", "bf16"),
            ("amx_bf16", "AMX"),
        )
        if flag in machine.flags
    ]
    precision = machine.precision(settings.precision)
    words = f"{cores} of {machine.cores} cores of {name} ({', '.join(able) or 'no vector units known'}); "
    words += f"models compute in {precision}"
    if precision == "bf16" and not machine.quick_bf16:
        return Finding(
            "processor", Level.NOTE, f"{words}, which is slow here", "set SIGHTLINE_PRECISION=auto"
        )
    return Finding("processor", Level.GOOD, words)


def _memory(machine: Machine) -> Finding:
    if machine.memory_bytes is None:
        return Finding("memory", Level.NOTE, "how much there is cannot be told")
    words = f"{machine.memory_bytes / _GIGABYTE:.1f} GB"
    if machine.memory_bytes < _LITTLE_MEMORY_BYTES:
        return Finding("memory", Level.NOTE, words, "set SIGHTLINE_BATCH=2 where it runs out")
    return Finding("memory", Level.GOOD, words)


def _video() -> Iterator[Finding]:
    import av

    def has(name: str, mode: str) -> bool:
        try:
            av.codec.Codec(name, mode)  # type: ignore[arg-type]
        except (av.FFmpegError, ValueError):
            return False
        return True

    missing = [name for name in _DECODERS if not has(name, "r")]
    words = f"reads {', '.join(name for name in _DECODERS if name not in missing)} (FFmpeg in PyAV {av.__version__})"
    yield Finding(
        "video",
        Level.PROBLEM if "h264" in missing else Level.GOOD,
        words + (f"; cannot read {', '.join(missing)}" if missing else ""),
        "reinstall PyAV from a wheel: pip install --force-reinstall av" if "h264" in missing else "",
    )
    if not has("libx264", "w"):
        yield Finding(
            "video",
            Level.PROBLEM,
            "H.264 cannot be written, so there are no annotated videos",
            "use --no-annotate, or pip install --force-reinstall av",
        )


def _opencv() -> Finding:
    import cv2

    wheels = [name for name in ("opencv-python", "opencv-contrib-python") if _version(name)]
    if wheels:
        return Finding(
            "opencv",
            Level.NOTE,
            f"{' and '.join(wheels)} overwrite parts of opencv-python-headless",
            f"pip uninstall {' '.join(wheels)}, then reinstall opencv-python-headless",
        )
    if not hasattr(cv2, "HOGDescriptor"):
        return Finding(
            "opencv", Level.NOTE, f"OpenCV {cv2.__version__} has no people detector, so `hog` does not work"
        )
    return Finding("opencv", Level.GOOD, f"OpenCV {cv2.__version__}")


def _runtime(settings: Settings) -> Finding:
    found = {name: _version(package) for name, package in (("openvino", "openvino"), ("onnx", "onnxruntime"))}
    have = [f"{name} {number}" for name, number in found.items() if number]
    if settings.runtime not in plugins.names("runtimes"):
        return Finding(
            "runtime",
            Level.PROBLEM,
            f"there is no runtime {settings.runtime!r}",
            f"set SIGHTLINE_RUNTIME to one of {', '.join(plugins.names('runtimes'))}",
        )
    if settings.runtime in found and not found[settings.runtime]:
        return Finding(
            "runtime",
            Level.PROBLEM,
            f"{settings.runtime} is not installed",
            f"pip install 'sightline[{settings.runtime}]', or set SIGHTLINE_RUNTIME",
        )
    return Finding("runtime", Level.GOOD, f"{', '.join(have)}; models run on {settings.runtime}")


def _model(settings: Settings) -> Iterator[Finding]:
    """Say which models are installed and which one a run without --model uses."""
    from sightline.service.models import check_model, list_models
    from sightline.vision.zoo import Zoo

    zoo = Zoo(settings.models)
    try:
        installed = [row.name for row in list_models(zoo) if row.installed and row.needs_weights]
        check_model(zoo, settings.model)
    except SightlineError as error:
        yield Finding("models", Level.PROBLEM, error.message, error.hint or "")
        return
    words = f"{settings.model} is used where none is named"
    words += f"; installed: {', '.join(installed)}" if installed else "; no weights are installed"
    hint = "" if installed else "`sightline models list` shows what can be had: `motion` sees all that moves"
    yield Finding("models", Level.GOOD if installed else Level.NOTE, words, hint)


_ELSEWHERE = {
    "home": "set SIGHTLINE_HOME to a folder that you may write to",
    "results": "work in a folder that you may write to, or give one with --out",
}


def _disk(settings: Settings, out: Path) -> Iterator[Finding]:
    for topic, folder in (("home", settings.home), ("results", out)):
        places = (folder.absolute(), *folder.absolute().parents)
        there = next(place for place in places if os.access(place, os.F_OK))
        if not there.is_dir():
            yield Finding(topic, Level.PROBLEM, f"{there} is not a folder", _ELSEWHERE[topic])
            continue
        if not os.access(there, os.W_OK | os.X_OK):
            yield Finding(topic, Level.PROBLEM, f"{there} may not be written to", _ELSEWHERE[topic])
            continue
        free = shutil.disk_usage(there).free
        words = f"{folder}: {free / _GIGABYTE:.1f} GB free"
        if free < settings.min_free_bytes:
            yield Finding(topic, Level.PROBLEM, words, "free some room, or lower SIGHTLINE_MIN_FREE_BYTES")
        else:
            yield Finding(topic, Level.GOOD, words)


def _database(settings: Settings) -> Finding:
    place = without_password(settings.database)
    try:
        store = plugins.load("runs", settings.runs)(settings.database)
        count = len(store.list(limit=1000))
    except SightlineError as error:
        return Finding("database", Level.PROBLEM, error.message, error.hint or "")
    close: Callable[[], None] | None = getattr(store, "close", None)
    if close is not None:
        close()
    return Finding("database", Level.GOOD, f"{place}: {'1000 or more' if count == 1000 else count} runs")


def _extras() -> Iterator[Finding]:
    for package, (extra, brings) in _OPTIONAL.items():
        if not _version(package):
            yield Finding(
                "extras",
                Level.NOTE,
                f"{package} is not installed: it brings {brings}",
                f"pip install 'sightline[{extra}]'",
            )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
