"""Measures how fast this machine decodes a video and looks at it; takes a few seconds."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from sightline.media.encode import VideoWriter
from sightline.ports import ModelOptions
from sightline.service.doctor import Finding, Level
from sightline.service.models import bench, made_up_frames
from sightline.stages.decode import VideoSource

if TYPE_CHECKING:
    from sightline.core.machine import Machine
    from sightline.settings import Settings
    from sightline.vision.zoo import Zoo

_SIZE = (720, 1280)
_FRAMES = 150
_BUDGET_S = 2.0


def measure_machine(settings: Settings, machine: Machine, zoo: Zoo) -> Iterator[Finding]:
    """Say how many frames a second decode, and how many the default model looks at.

    Raises:
        SightlineError: The clip could not be made or the model could not be used.
    """
    decode_fps = _decode_fps(threads=min(2, settings.threads or machine.cores))
    yield Finding("decoding", Level.GOOD, f"about {decode_fps:.0f} frames a second of 1280x720 H.264")
    cores = settings.threads or machine.cores
    (pace,) = bench(
        zoo,
        settings.model,
        ModelOptions(runtime=settings.runtime),
        precisions=[machine.precision(settings.precision)],
        threads=[cores],
        budget_s=_BUDGET_S,
    )
    yield Finding(
        "inference",
        Level.GOOD,
        f"about {pace.fps:.0f} frames a second with {settings.model} in {pace.precision} on {cores} cores "
        f"({pace.latency_ms:.1f} ms a frame alone)",
    )
    together = 1 / (1 / decode_fps + 1 / pace.fps) if pace.fps else 0.0
    yield Finding(
        "together",
        Level.GOOD,
        f"an analysis should reach some {together:.0f} to {min(decode_fps, pace.fps):.0f} frames a second",
    )


def _decode_fps(*, threads: int) -> float:
    """Write a clip, decode it scaled to a detector's usual size, and give the pace."""
    with tempfile.TemporaryDirectory(prefix="sightline-") as folder:
        clip = Path(folder) / "clip.mp4"
        pictures = [frame.image for frame in made_up_frames((_SIZE[0] // 8, _SIZE[1] // 8))]
        with VideoWriter(clip, size=_SIZE, frame_rate_hz=Fraction(25)) as writer:
            for index in range(_FRAMES):
                picture = pictures[index % len(pictures)]
                writer.write(cv2.resize(picture, _SIZE[::-1], interpolation=cv2.INTER_CUBIC))
        source = VideoSource(clip, size=(234, 416), threads=threads)
        source.open()
        started_s = time.perf_counter()
        frames = sum(1 for segment in source.segments() for _ in source.read(segment))
        taken_s = time.perf_counter() - started_s
        source.close()
    return frames / taken_s
