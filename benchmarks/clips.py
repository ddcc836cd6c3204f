"""Real clips, looped to a wanted length without re-encoding, so that every program reads the same file."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import av

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("SIGHTLINE_TEST_DATA", ROOT.parent / "shared" / "data"))
OUT = ROOT / "benchmarks" / "out"
WEIGHTS = DATA / "weights" / "yolox_nano.onnx"
EQUAL_NETWORK = DATA / "weights" / "layout-only" / "yolov8n_int8_640.onnx"


def need_data() -> None:
    """End with one line where the real clips are not on this machine."""
    if not DATA.is_dir():
        sys.exit(f"no test data at {DATA}; set SIGHTLINE_TEST_DATA")


def people_clips() -> list[Path]:
    """The clips that the throughput is measured on, by name."""
    return sorted((DATA / "videos" / "people").iterdir())


def looped(source: Path, *, at_least_s: float) -> Path:
    """Copy the source's packets again and again until it lasts long enough; made once, then kept.

    Stamps are moved by a whole number of frames each round, so the loop has no gap and no re-encoding.
    """
    OUT.mkdir(parents=True, exist_ok=True)
    made = OUT / f"{source.stem}-{round(at_least_s)}s{source.suffix}"
    if made.exists():
        return made
    part = made.with_suffix(f".part{source.suffix}")
    with av.open(str(source)) as first:
        video = first.streams.video[0]
        packets = sum(1 for packet in first.demux(video) if packet.dts is not None)
        step = round(1 / (video.average_rate * video.time_base))
    round_s = float(packets * step * video.time_base)
    with av.open(str(part), "w") as container:
        copy = None
        for number in range(max(1, -(-int(at_least_s * 1000) // int(round_s * 1000)))):
            with av.open(str(source)) as again:
                stream = again.streams.video[0]
                copy = copy or container.add_stream_from_template(stream)
                _append(container, copy, again.demux(stream), shift=number * packets * step)
    part.replace(made)
    return made


def _append(
    container: av.container.OutputContainer, copy: av.VideoStream, packets: object, *, shift: int
) -> None:
    for packet in packets:
        if packet.dts is None:
            continue
        if packet.pts is not None:
            packet.pts += shift
        packet.dts += shift
        packet.stream = copy
        container.mux(packet)


def frames_of(path: Path) -> int:
    """How many pictures the file holds, by its packets."""
    with av.open(str(path)) as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)
