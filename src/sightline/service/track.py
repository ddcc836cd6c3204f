"""Gives identities to stored detections: a MOT file in, a MOT file out; no video, no model."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline import plugins
from sightline.analytics.evaluation.mot import MotTable
from sightline.core.detections import Detections
from sightline.core.errors import SettingsError, UnsupportedFormatError
from sightline.service.mot_files import read_mot, write_mot

if TYPE_CHECKING:
    from sightline.core.tracks import Tracks
    from sightline.ports import Tracker

_LONGEST_GAP_FRAMES = 100_000


def track_file(
    detections: Path,
    *,
    fps: float,
    out: Path,
    tracker: str = "bytetrack",
    settings: Mapping[str, Any] | None = None,
) -> MotTable:
    """Track a file of detections and write what came out.

    Args:
        detections: MOT format; ids in it are not read.
        fps: Frames a second of the video behind it: trackers think in seconds.
        out: MOT file to write, whole or not at all.
        tracker: Plugin's name.
        settings: What the tracker is to do differently from its defaults.

    Returns:
        The tracks that were written.

    Raises:
        SourceUnavailableError: The detections cannot be read.
        UnsupportedFormatError: They are not in MOT format, or a score is not within 0..1.
        UnknownPluginError: There is no such tracker.
        SettingsError: The tracker knows no such setting, or `fps` is not positive.
        OutputError: The result cannot be written.
    """
    if not (math.isfinite(fps) and fps > 0):
        raise SettingsError(
            f"fps is {fps:g}, must be above 0", hint="the frame rate of the video, as in 29.97"
        )
    follower: Tracker = plugins.load("trackers", tracker)(**(settings or {}))
    tracks = track_table(read_mot(detections), follower, fps=fps)
    write_mot(out, tracks)
    return tracks


def track_table(detections: MotTable, tracker: Tracker, *, fps: float) -> MotTable:
    """Run a tracker over stored detections; frames without any count too.

    Raises:
        UnsupportedFormatError: A score is not within 0..1, or frames are missing by the hundred thousand.
    """
    found: list[tuple[int, Tracks]] = [
        (frame, tracker.update(seen, t_s=frame / fps)) for frame, seen in _by_frame(detections)
    ]
    return MotTable(
        frames=np.repeat(
            np.array([frame for frame, _ in found], np.int64), [len(tracks) for _, tracks in found]
        ),
        track_ids=np.concatenate([np.zeros(0, np.int64), *(tracks.track_ids for _, tracks in found)]),
        boxes_px=np.concatenate([np.zeros((0, 4)), *(tracks.boxes_px for _, tracks in found)]),
        scores=np.concatenate([np.zeros(0), *(tracks.scores for _, tracks in found)]),
        class_ids=np.concatenate([np.zeros(0, np.int32), *(tracks.class_ids for _, tracks in found)]),
    )


def _by_frame(table: MotTable) -> Iterator[tuple[int, Detections]]:
    """Give every frame from the first of the video on with its detections, best first."""
    outside = np.flatnonzero((table.scores < 0) | (table.scores > 1))
    if len(outside):
        row = outside[0]
        raise UnsupportedFormatError(
            f"a detection in frame {table.frames[row] + 1} has the score {table.scores[row]:g}",
            hint="bring scores into 0..1 first",
        )
    order = np.lexsort((-table.scores, table.frames))
    frames = table.frames[order]
    if (np.diff(frames, prepend=0) > _LONGEST_GAP_FRAMES).any():
        raise UnsupportedFormatError(
            f"more than {_LONGEST_GAP_FRAMES:,} frames in a row are missing", hint="check the frame numbers"
        )
    last = int(frames[-1]) if len(frames) else -1
    starts = np.searchsorted(frames, np.arange(last + 2))
    for frame in range(last + 1):
        rows = order[starts[frame] : starts[frame + 1]]
        yield (
            frame,
            Detections(
                table.boxes_px[rows].astype(np.float32),
                table.scores[rows].astype(np.float32),
                table.class_ids[rows],
            ),
        )
