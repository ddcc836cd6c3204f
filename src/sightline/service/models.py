"""What is known of the models on this machine, and how fast they are on it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline import plugins
from sightline.core.detections import Detections
from sightline.core.frames import Frame
from sightline.core.models import ModelInfo, Task
from sightline.ports import ModelAdapter, ModelOptions
from sightline.vision.catalog import SUFFIXES, build_model, weightless
from sightline.vision.detect import decode_size
from sightline.vision.zoo import Zoo

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8
    from sightline.vision.zoo import ZooEntry

_SOURCE_SIZE = (720, 1280)
_PICTURES = 8


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One line of the list of models.

    Attributes:
        name: What `--model` takes.
        family: Its plugin's name; empty where it is read off the graph.
        installed: Whether it can be used at once.
        needs_weights: Whether there are weights at all.
        verified: Whether a checksum vouches for them.
        licence: Of the weights.
        summary: What it finds, in a sentence.
    """

    name: str
    family: str
    installed: bool
    needs_weights: bool
    verified: bool
    licence: str
    summary: str


def list_models(zoo: Zoo) -> list[ModelRow]:
    """Give every model that has a name: those without weights first, then the zoo's."""
    rows = [
        ModelRow(
            name=name,
            family=name,
            installed=True,
            needs_weights=False,
            verified=True,
            licence="",
            summary=_first_line(plugins.load("models", name).__doc__),
        )
        for name in weightless()
    ]
    rows += [
        ModelRow(
            name=entry.name,
            family=entry.layout,
            installed=zoo.installed(entry.name),
            needs_weights=True,
            verified=entry.verified,
            licence=entry.licence,
            summary=entry.summary,
        )
        for entry in zoo.entries()
    ]
    return rows


def check_model(zoo: Zoo, name_or_path: str) -> None:
    """Refuse a model that a run could not use; the graph is not loaded.

    Raises:
        ModelError: Its weights are not there.
        UnknownPluginError: Nothing has that name.
    """
    if Path(name_or_path).suffix.lower() in SUFFIXES or name_or_path not in weightless():
        build_model(name_or_path, ModelOptions(), zoo)


def describe_model(zoo: Zoo, name_or_path: str, options: ModelOptions) -> ModelInfo:
    """Open a model and give its facts.

    Raises:
        ModelError: It cannot be used.
        UnknownPluginError: Nothing has that name.
    """
    model = build_model(name_or_path, options, zoo)
    model.open()
    try:
        return model.info
    finally:
        model.close()


def add_model(
    zoo: Zoo,
    source: Path,
    options: ModelOptions,
    *,
    name: str | None = None,
    classes: tuple[str, ...] = (),
    licence: str = "unknown",
) -> ZooEntry:
    """Keep a copy of weights under a name, once a copy of them has been opened: what is not a model is not kept.

    Args:
        zoo: Where they are kept.
        source: An `.onnx` or `.xml` file.
        options: How to open it; `options.layout` names its family where it cannot be read off the graph.
        name: What to call it; its file name without the suffix by default.
        classes: One name per class id.
        licence: Of the weights.

    Raises:
        ModelError: They cannot be used.
        SettingsError: The name cannot be used, or is taken by other weights.
        OutputError: They cannot be written.
    """
    facts: dict[str, Any] = {
        "name": name,
        "layout": options.layout or "",
        "classes": classes,
        "licence": licence,
    }
    with TemporaryDirectory() as folder:
        trial = Zoo(Path(folder))
        describe_model(trial, trial.add(source, **facts).name, options)
    return zoo.add(source, **facts)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a model is in one setting.

    Attributes:
        precision: What it computed in.
        threads: Cores it might use.
        latency_ms: Median time of one frame alone.
        frame_ms: Median time a frame with as many under way as there are cores, and one more.
        fps: Frames a second of the latter.
    """

    precision: str
    threads: int
    latency_ms: float
    frame_ms: float
    fps: float


def bench(
    zoo: Zoo,
    name_or_path: str,
    options: ModelOptions,
    *,
    precisions: Sequence[str],
    threads: Sequence[int],
    budget_s: float = 2.0,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[Pace]:
    """Measure a model on made-up pictures, in each precision with each number of threads.

    Args:
        zoo: Named weights.
        name_or_path: Which model.
        options: How to run it, but for what is varied.
        precisions: `f32`, `bf16`, `int8`.
        threads: Numbers of cores.
        budget_s: About how long to measure each setting.
        clock: Gives seconds; tests bring their own.

    Raises:
        ModelError: It cannot be used.
        UnknownPluginError: Nothing has that name.
    """
    for precision, count in product(precisions, threads):
        chosen = replace(options, precision=precision, threads=count, in_flight=count + 1)
        model = build_model(name_or_path, chosen, zoo)
        model.open()
        try:
            frames = made_up_frames(decode_size(model.info, _SOURCE_SIZE) or _SOURCE_SIZE)
            yield _pace(model, frames, chosen, budget_s, clock)
        finally:
            model.close()


def made_up_frames(size: tuple[int, int]) -> list[Frame]:
    """Give pictures of `(height, width)` pixels: soft noise and a bright block that walks; always the same."""
    rng = np.random.default_rng(1)
    height, width = size
    ground = rng.integers(60, 120, (height, width, 3), dtype=np.uint8)
    frames = []
    for index in range(_PICTURES):
        image: UInt8 = ground.copy()
        left = index * max(1, width // (2 * _PICTURES))
        image[height // 3 : 2 * height // 3, left : left + width // 8] = 220
        frames.append(Frame(image=image, index=index, pts_s=Fraction(index, 25), source_size=_SOURCE_SIZE))
    return frames


def _pace(
    model: ModelAdapter,
    frames: Sequence[Frame],
    options: ModelOptions,
    budget_s: float,
    clock: Callable[[], float],
) -> Pace:
    regions = None if model.info.task is Task.DETECT else _two_regions()
    model.submit(frames[0], regions).result()  # the first one warms up
    alone = _repeated(lambda: [model.submit(frame, regions).result() for frame in frames], budget_s, clock)
    together = _repeated(
        lambda: [answer.result() for answer in [model.submit(frame, regions) for frame in frames]],
        budget_s,
        clock,
    )
    frame_ms = 1000 * together / len(frames)
    return Pace(
        precision=model.info.precision,
        threads=options.threads,
        latency_ms=1000 * alone / len(frames),
        frame_ms=frame_ms,
        fps=1000 / frame_ms if frame_ms > 0 else 0.0,
    )


def _repeated(work: Callable[[], object], budget_s: float, clock: Callable[[], float]) -> float:
    """Give the median time of a piece of work in seconds, of at least three goes."""
    taken: list[float] = []
    while len(taken) < 3 or sum(taken) < budget_s / 2:
        started_s = clock()
        work()
        taken.append(clock() - started_s)
    return median(taken)


def _two_regions() -> Detections:
    height, width = _SOURCE_SIZE
    boxes = np.array(
        [[width * 0.1, height * 0.2, width * 0.3, height * 0.9], [width * 0.5, 0, width * 0.7, height]],
        np.float32,
    )
    return Detections(boxes, np.array([0.9, 0.8], np.float32), np.zeros(2, np.int32))


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]
