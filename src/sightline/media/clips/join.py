"""Joins clips that were written alike into one file, no picture coded again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av

from sightline.media.mp4 import new_mp4


def join_files(clips: Sequence[Path], out: Path) -> None:
    """Write the pictures of MP4 files one after the other into one; sound is left out.

    Args:
        clips: At least one; all of one size, written with the same settings, each beginning with a key frame.
        out: The result.

    Raises:
        OutputError: It cannot be written.
    """
    with new_mp4(out) as sink:
        written, offset_s = None, Fraction(0)
        for clip in clips:
            with av.open("file:" + os.fspath(clip)) as source:
                video = source.streams.video[0]
                written = written or sink.add_stream_from_template(video)
                end_s = offset_s
                for packet in source.demux(video):
                    base = packet.time_base
                    if packet.pts is None or packet.dts is None or not base:
                        continue
                    shift = round(offset_s / base)
                    packet.pts += shift
                    packet.dts += shift
                    end_s = max(end_s, (packet.pts + (packet.duration or 0)) * base)
                    packet.stream = written
                    sink.mux(packet)
                offset_s = end_s
