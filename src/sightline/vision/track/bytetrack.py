"""ByteTrack on arrays: every box counts, the sure ones first, then the doubtful ones for tracks left over.

All tracks are predicted, compared and corrected at once; nothing loops over them. What differs from the
paper, and why:

- Time is seconds. A step of motion is as long as the gap between two frames really was, so a stride or a
  variable frame rate changes neither the speeds nor how long a lost track is kept.
- Unconfirmed tracks take part in both rounds beside the others. In a round of their own they would lose
  their boxes to lost tracks that have drifted into them.
- Boxes are compared by place and height (`assignment.alike`), and where most tracks are off by the same
  shift, the scene has moved, not they: all are shifted before they are compared again.

Source:
    Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box", ECCV 2022.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.core.errors import AnalysisError, SettingsError
from sightline.core.tracks import Tracks
from sightline.vision.track import kalman
from sightline.vision.track.assignment import Candidates, alike, outlines, pair, undisputed
from sightline.vision.track.camera_motion import CameraMotion
from sightline.vision.track.memory import Memory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.core.arrays import Float32, Float64, Int64
    from sightline.core.detections import Detections
    from sightline.core.frames import Frame

_LENGTHS = struct.Struct("<3Q")
_ROUNDING_S = 1e-6
_FEWEST_WITNESSES = 5
# A shift counts from two standard errors of a median on: 1.2533 times those of a mean, whose standard
# deviation is taken as 1.4826 median absolute deviations, as for a normal distribution.
_STANDS_OUT = 2.0 * 1.2533 * 1.4826
_LOST_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class ByteTrackSettings:
    """How tracks are begun, kept and given up.

    Attributes:
        high_score: Boxes from here on are sure; they are matched first.
        low_score: Boxes under this are not looked at.
        birth_score: Least score of a box that begins a track.
        least_likeness: Least likeness of a sure box to its track, above 0, at most 1.
        least_likeness_low: The same for a doubtful box.
        reach: How far boxes are grown before they are compared, as a share of their sides.
        slimmest: Boxes are compared as if their shorter side were at least this share of the longer one, 0..1: what is
            flat and moves across its flat side does not meet itself from frame to frame.
        score_weight: How much a sure box's score counts in the choice between tracks, 0..1.
        lost_s: How long a track that is not seen is kept, gaps between frames counted in.
        confirm_hits: Matches in a row from birth on before a track is shown; on the first frame it is at once.
        class_aware: Match boxes to tracks of their own class only.
        smooth_boxes: Show the filter's boxes, which shake less, in place of the detections'.
        camera_motion: Estimate the camera's motion from the pictures and take it out first.
        nominal_hz: Frame rate that the filter's noise is stated for.
    """

    high_score: float = 0.5
    low_score: float = 0.1
    birth_score: float = 0.6
    least_likeness: float = 0.2
    least_likeness_low: float = 0.3
    reach: float = 0.3
    slimmest: float = 0.0
    score_weight: float = 0.0
    lost_s: float = 1.0
    confirm_hits: int = 2
    class_aware: bool = True
    smooth_boxes: bool = False
    camera_motion: bool = False
    nominal_hz: float = 30.0

    def __post_init__(self) -> None:
        shares = ("high_score", "low_score", "birth_score", "score_weight", "slimmest")
        likenesses = ("least_likeness", "least_likeness_low")
        self._require(shares, "within 0..1", lambda value: 0.0 <= value <= 1.0)
        self._require(likenesses, "above 0, at most 1", lambda value: 0.0 < value <= 1.0)
        self._require(("reach", "lost_s"), "0 or more", lambda value: 0.0 <= value < math.inf)
        self._require(("confirm_hits",), "1 or more", lambda value: value >= 1)
        self._require(("nominal_hz",), "above 0", lambda value: 0.0 < value < math.inf)

    def _require(self, names: tuple[str, ...], what: str, holds: Any) -> None:
        for name in names:
            value = getattr(self, name)
            if not isinstance(value, int | float) or not holds(value):
                raise SettingsError(f"{name} is {value}, must be {what}", hint="leave it out for its default")

    @classmethod
    def of(cls, settings: ByteTrackSettings | None, changes: dict[str, Any]) -> ByteTrackSettings:
        """Give `settings`, or the defaults, with some changed by name.

        Raises:
            SettingsError: There is no such setting, or its value is out of range.
        """
        names = [field.name for field in fields(cls)]
        unknown = sorted(changes.keys() - set(names))
        if unknown:
            raise SettingsError(
                f"the tracker has no setting {unknown[0]!r}", hint="it has " + ", ".join(sorted(names))
            )
        return replace(settings or cls(), **changes)


class ByteTrack:
    """A `Tracker`: same detections and times, same tracks, to the bit.

    Example:
        >>> import numpy as np
        >>> from sightline.core.detections import Detections
        >>> tracker = ByteTrack()
        >>> for frame in range(3):
        ...     box = np.array([[10 + 2 * frame, 20, 40 + 2 * frame, 80]], np.float32)
        ...     found = Detections(box, np.array([0.9], np.float32), np.array([0], np.int32))
        ...     tracks = tracker.update(found, t_s=frame / 30)
        >>> tracks.track_ids
        array([1])
    """

    def __init__(self, settings: ByteTrackSettings | None = None, **changes: Any) -> None:
        """Begin with nobody tracked; `changes` are settings by name."""
        self.settings = ByteTrackSettings.of(settings, changes)
        self._memory = Memory()
        self._camera = CameraMotion() if self.settings.camera_motion else None

    @property
    def needs_pictures(self) -> bool:
        """Whether `update` looks at its frame's picture."""
        return self._camera is not None

    def update(
        self,
        detections: Detections,
        *,
        t_s: float,
        frame: Frame | None = None,
        embeddings: Float32 | None = None,  # noqa: ARG002 - the port's; this tracker looks at boxes alone
    ) -> Tracks:
        """Take the next frame's detections and give the confirmed tracks among them.

        Args:
            detections: Boxes of one frame, in any order; of equal choices the earlier row is taken.
            t_s: The frame's time in seconds, above that of the frame before.
            frame: The picture, needed for camera motion alone.
            embeddings: Not looked at.

        Raises:
            AnalysisError: Time did not rise; the tracker is as it was before.
            SettingsError: Camera motion is wanted but no picture was given.
        """
        self._check(t_s, frame)
        memory = self._memory
        first = math.isnan(memory.t_s)
        steps = 0.0 if first else (t_s - memory.t_s) * self.settings.nominal_hz
        memory.keep(t_s - memory.seen_s <= self.settings.lost_s + _ROUNDING_S)
        lost = memory.seen_s < memory.t_s
        boxes = detections.boxes_px.T.astype(np.float64, order="C")
        if self.settings.slimmest:
            boxes = _thickened(boxes, self.settings.slimmest)
        places = _places(boxes)
        self._move(detections, frame, lost, steps)
        matched = self._match(boxes, places, detections, lost, steps)
        self._correct(places, matched, t_s)
        alive = (matched >= 0) | (memory.ids > 0)
        memory.keep(alive)
        born = self._begin(places, detections, matched, t_s, confirmed=first)
        memory.t_s = t_s
        return self._shown(detections, np.concatenate((matched[alive], born)))

    def snapshot(self) -> bytes:
        """The whole memory as bytes; equal memories give equal bytes."""
        camera = self._camera.to_bytes() if self._camera else b""
        parts = (self._fingerprint(), self._memory.to_bytes(), camera)
        return _LENGTHS.pack(*(len(part) for part in parts)) + b"".join(parts)

    def restore(self, state: bytes) -> None:
        """Go back to a snapshot; afterwards nothing tells the two apart.

        Raises:
            SettingsError: The snapshot is damaged, or of a tracker with other settings.
        """
        lengths = _LENGTHS.unpack_from(state) if len(state) >= _LENGTHS.size else (0, 0, 0)
        ends = [_LENGTHS.size + sum(lengths[:count]) for count in range(4)]
        if ends[3] != len(state) or state[ends[0] : ends[1]] != self._fingerprint():
            raise SettingsError(
                "the tracker's snapshot is damaged or was made with other settings",
                hint="start the run again without --resume",
            )
        memory = Memory.from_bytes(state[ends[1] : ends[2]])
        if self._camera:
            self._camera = CameraMotion.from_bytes(state[ends[2] :])
        self._memory = memory

    def _fingerprint(self) -> bytes:
        return json.dumps({"tracker": "bytetrack", **asdict(self.settings)}, sort_keys=True).encode()

    def _check(self, t_s: float, frame: Frame | None) -> None:
        last_s = self._memory.t_s
        if not math.isfinite(t_s) or t_s <= last_s:
            raise AnalysisError(
                f"a frame at {t_s} s follows one at {last_s} s",
                hint="hand frames over in order of time, each once",
            )
        if self._camera and frame is None:
            raise SettingsError(
                "camera motion cannot be seen without pictures",
                hint="turn camera_motion off for stored detections",
            )

    def _move(
        self, detections: Detections, frame: Frame | None, lost: NDArray[np.bool_], steps: float
    ) -> None:
        """Bring all tracks to where they should be by now."""
        state = self._memory.state
        if self._camera and frame is not None:
            _carry(state, self._camera.follow(frame, detections.boxes_px))
        if len(lost) == 0:
            return
        if lost.any():
            state[kalman.SIZE_VELOCITY, lost] = 0.0  # or a box that nobody sees grows for ever
        kalman.predict(state, steps)

    def _match(
        self,
        boxes: Float64,
        places: Float64,
        detections: Detections,
        lost: NDArray[np.bool_],
        steps: float,
    ) -> Int64:
        """Give each track's row of `detections`, -1 where it has none."""
        settings, scores = self.settings, detections.scores
        matched = np.full(len(lost), -1, np.int64)
        if len(lost) == 0 or len(scores) == 0:
            return matched
        outlined = outlines(boxes, reach=settings.reach)
        found = self._compare(outlined, detections)
        sure = self._sure(found, scores)
        alone = undisputed(sure)
        if self._follow_scene(places, sure, alone, lost, steps):
            found = self._compare(outlined, detections)
            sure = self._sure(found, scores)
            alone = undisputed(sure)
        tracks, rows = pair(sure, alone)
        matched[tracks] = rows
        doubtful = self._doubtful(found, scores, matched)
        if len(doubtful):
            tracks, rows = pair(doubtful)
            matched[tracks] = rows
        return matched

    def _compare(self, outlined: Float64, detections: Detections) -> Candidates:
        """Find which tracks and detections may belong together in any round."""
        memory, settings = self._memory, self.settings
        predicted = outlines(_corners(memory.state[kalman.POSITION]), reach=settings.reach)
        least = min(settings.least_likeness, settings.least_likeness_low)
        found = alike(predicted, outlined, least=least)
        if settings.class_aware:
            same = memory.class_ids.take(found.rows) == detections.class_ids.take(found.columns)
            if not same.all():
                found = found[same]
        return found

    def _sure(self, found: Candidates, scores: Float32) -> Candidates:
        """Give the candidates of the first round, worth what their score makes of them."""
        wanted = scores.take(found.columns) >= self.settings.high_score
        wanted &= found.gains >= self.settings.least_likeness
        sure, weight = found[wanted], self.settings.score_weight
        if weight:
            sure = replace(sure, gains=sure.gains * (1.0 - weight * (1.0 - scores[sure.columns])))
        return sure

    def _doubtful(self, found: Candidates, scores: Float32, matched: Int64) -> Candidates:
        """Give the candidates of the second round: doubtful boxes and the tracks that the first one left over."""
        settings, offered = self.settings, scores.take(found.columns)
        wanted = (offered < settings.high_score) & (offered >= settings.low_score)
        wanted &= found.gains >= settings.least_likeness_low
        wanted &= matched.take(found.rows) < 0
        return found[wanted]

    def _follow_scene(
        self,
        places: Float64,
        found: Candidates,
        alone: NDArray[np.bool_],
        lost: NDArray[np.bool_],
        steps: float,
    ) -> bool:
        """Shift every track by what most of them are off by, and tell whether that was anything.

        Witnesses are the tracks seen in the last frame whose box nobody disputes. Only a shift that stands
        out from their scatter counts. A lost track is also taken to go on with the scene, at a part of its speed.
        """
        witness = alone > lost.take(found.rows)
        tracks, columns = found.rows[witness], found.columns[witness]
        if len(tracks) < _FEWEST_WITNESSES:
            return False
        state = self._memory.state
        off = places[:2].take(columns, axis=1) - state[kalman.CENTRE].take(tracks, axis=1)
        shift = _median(off)
        scatter = _median(np.abs(off - shift))
        shift[np.abs(shift) <= _STANDS_OUT / math.sqrt(len(tracks)) * scatter] = 0.0
        if not shift.any():
            return False
        state[kalman.CENTRE] += shift
        state[kalman.CENTRE_VELOCITY, lost] += shift * (_LOST_SHARE / steps)
        return True

    def _correct(self, places: Float64, matched: Int64, t_s: float) -> None:
        """Take the matches into the tracks and name those that are confirmed by them."""
        memory = self._memory
        tracks = (matched >= 0).nonzero()[0]
        if len(tracks) == 0:
            return
        predicted, measured = memory.state.take(tracks, axis=1), places.take(matched.take(tracks), axis=1)
        memory.state[:, tracks] = kalman.correct(predicted, measured)
        memory.seen_s[tracks] = t_s
        memory.hits[tracks] += 1
        unnamed = tracks[memory.ids.take(tracks) == 0]
        if len(unnamed):
            memory.name(unnamed[memory.hits[unnamed] >= self.settings.confirm_hits])

    def _begin(
        self, places: Float64, detections: Detections, matched: Int64, t_s: float, *, confirmed: bool
    ) -> Int64:
        """Begin tracks of sure boxes that nobody took, and give their rows."""
        free = detections.scores >= max(self.settings.birth_score, self.settings.high_score)
        free[matched[matched >= 0]] = False
        rows = free.nonzero()[0]
        if len(rows):
            memory = self._memory
            memory.add(places[:, rows], detections.class_ids[rows], t_s=t_s)
            if confirmed or self.settings.confirm_hits == 1:
                memory.name(np.arange(len(memory) - len(rows), len(memory)))
        return rows

    def _shown(self, detections: Detections, row_of_track: Int64) -> Tracks:
        """Give the confirmed tracks that this frame shows; ids rise with the order of birth."""
        memory = self._memory
        tracks = ((row_of_track >= 0) & (memory.ids > 0)).nonzero()[0]
        rows = row_of_track.take(tracks)
        if self.settings.smooth_boxes:
            boxes = _corners(memory.state[kalman.POSITION, tracks]).T.astype(np.float32)
        else:
            boxes = detections.boxes_px.take(rows, axis=0)
        scores, class_ids = detections.scores.take(rows), detections.class_ids.take(rows)
        return Tracks(boxes, scores, class_ids, memory.ids.take(tracks))


def _thickened(boxes: Float64, slimmest: float) -> Float64:
    """Grow the shorter side of each box about its middle to a share of the longer one; a box per column."""
    sides = boxes[2:] - boxes[:2]
    missing = np.maximum(slimmest * sides.max(axis=0, initial=0.0) - sides, 0.0) * 0.5
    return np.concatenate((boxes[:2] - missing, boxes[2:] + missing))


def _places(boxes: Float64) -> Float64:
    """Corners to centre x, centre y, width, height; a box per column."""
    low, high = boxes[:2], boxes[2:]
    return np.concatenate(((low + high) * 0.5, high - low))


def _median(values: Float64) -> Float64:
    """Give the median of each row, `(rows, 1)`; `np.median` takes ten times as long on few values."""
    ordered = np.sort(values, axis=1)
    middle = ordered.shape[1] // 2
    upper = ordered[:, middle : middle + 1]
    medians: Float64 = upper if ordered.shape[1] % 2 else (ordered[:, middle - 1 : middle] + upper) * 0.5
    return medians


def _corners(position_px: Float64) -> Float64:
    """Centre x, centre y, width, height to corners; a box per column. No side is negative."""
    half = np.maximum(position_px[2:], 0.0)
    half *= 0.5
    return np.concatenate((position_px[:2] - half, position_px[:2] + half))


def _carry(state: Float64, motion: Float64) -> None:
    """Carry tracks along with the camera, in place: a turn, zoom and shift `(2, 3)` in pixels."""
    (a, b, x), (c, d, y) = motion.tolist()
    for rows in (kalman.CENTRE, kalman.CENTRE_VELOCITY):
        along, down = state[rows].copy()
        # Spelt out, since a matrix product may round otherwise for another layout in memory.
        state[rows] = a * along + b * down, c * along + d * down
    state[kalman.CENTRE] += ((x,), (y,))
    zoom = math.sqrt(abs(a * d - b * c))
    state[kalman.SIZE] *= zoom
    state[kalman.SIZE_VELOCITY] *= zoom
    state[kalman.VARIANCES] *= zoom * zoom
