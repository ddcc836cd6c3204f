"""Run a stage of your own in the engine: `python examples/own_stage.py street.mp4`.

It measures how bright each frame is. The engine neither knows nor cares; it runs whatever follows the `Stage` port.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from sightline.core.packets import Packet
from sightline.core.runs import Checkpoint
from sightline.engine.run import Pipeline
from sightline.stages.decode import VideoSource


class Brightness:
    """Adds the mean grey level of each frame, 0..255, as `brightness`."""

    name = "brightness"
    consumes: frozenset[str] = frozenset()
    produces = frozenset({"brightness"})

    def __init__(self) -> None:
        self.levels: list[float] = []

    def open(self) -> None:
        """Nothing to load."""

    def process(self, packets: Sequence[Packet]) -> Iterable[Packet]:
        """Look at each picture once; what has none is handed on untouched."""
        for packet in packets:
            if packet.frame is None:
                yield packet
                continue
            self.levels.append(float(packet.frame.image.mean()))
            yield packet.with_found("brightness", self.levels[-1])

    def close(self) -> Iterable[Packet]:
        """Nothing is held back."""
        return ()


def committed(checkpoint: Checkpoint) -> None:
    print(f"segment {checkpoint.segment}: {checkpoint.frames} frames")


source = VideoSource(Path(sys.argv[1]), size=(90, 160))
media = source.open()
stage = Brightness()
Pipeline(source, [stage], commit=committed).run(source.segments())
source.close()
print(f"{media.frames} frames, brightness {min(stage.levels):.1f} to {max(stage.levels):.1f}")
