"""One frame from its bytes to what was found in it, with the memory that a stream has of its earlier ones."""

from __future__ import annotations

import binascii
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.geometry import inside
from sightline.core.errors import FrameRefusedError, MediaTooLargeError
from sightline.core.frames import Frame
from sightline.core.tracks import Tracks
from sightline.media.live.pictures import RawPicture, decode_picture, picture_header
from sightline.service.live.quality import AUTO_SCALES, LADDER, LIGHTER
from sightline.service.live.stream.smoothing import Smoother
from sightline.vision.geometry import scaled
from sightline.vision.suppression import suppress
from sightline.vision.track.bytetrack import ByteTrack

if TYPE_CHECKING:
    from sightline.core.arrays import UInt8
    from sightline.core.detections import Detections
    from sightline.core.time import Clock
    from sightline.service.live.models import SharedModel, StreamModels
    from sightline.service.live.quality import Level
    from sightline.service.live.stream.analysis import Analysis
    from sightline.service.live.stream.frames import Arrival
    from sightline.service.live.stream.settings import StreamSettings

_LEAST_STEP_S = 0.001
_LONGEST_STEP_S = 3600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found in one frame.

    Attributes:
        detections: As clients see them.
        events: What the application makes of it.
        source_size: `(height, width)` of the picture in pixels.
        quality: How closely it was looked at.
        legs: Seconds by leg.
    """

    detections: Sequence[Mapping[str, Any]]
    events: Sequence[Mapping[str, Any]]
    source_size: tuple[int, int]
    quality: Mapping[str, Any]
    legs: Mapping[str, float] = field(default_factory=dict)


class FrameProcessor:
    """Looks at a stream's frames one after the other; called from one thread at a time.

    Attributes:
        analysis: What an application makes of the stream, if any.
    """

    def __init__(self, stream_id: str, models: StreamModels, *, max_pixels: int) -> None:
        self.analysis: Analysis | None = None
        self._change: tuple[Analysis | None, StreamModels] | None = None
        self._id = stream_id
        self._models = models
        self._lighter: StreamModels | None = None
        self._ready_for: tuple[int, int] | None = None
        self._max_pixels = max_pixels
        self._tracker: ByteTrack | None = None
        self._threshold = -1.0
        self._smoother = Smoother()
        self._t_s: float | None = None
        self._received_s = 0.0
        self._index = -1

    def analyse_with(self, analysis: Analysis | None, models: StreamModels) -> None:
        """Have an application look too, with its model, from the next frame on; identities begin anew.

        May be asked by any thread.
        """
        self._change = (analysis, models)

    def taken(self, level: Level) -> Level:
        """Give the level that is really taken: one with a lighter model is left out where none fits or is open yet."""
        return LADDER[-1] if level.lighter and self._lighter is None else level

    def finish(self) -> Sequence[Mapping[str, Any]]:
        """Give the events that the stream's end completes."""
        return self.analysis.finish() if self.analysis is not None else ()

    def process(self, arrival: Arrival, settings: StreamSettings, level: Level, clock: Clock) -> Answer:
        """Decode, detect, track.

        Raises:
            MediaError: It does not decode, or is too large.
            FrameRefusedError: It is not base64.
            ModelError: The model failed on it.
        """
        if self._change is not None:
            (self.analysis, self._models), self._change = self._change, None
            self._tracker, self._threshold, self._smoother = None, -1.0, Smoother()
            self._ready_for, self._lighter = None, None
        level = self.taken(level)
        begun_s = clock.monotonic_s()
        if isinstance(arrival.picture, RawPicture):
            image, source_size, model = self._converted(arrival.picture, level)
        else:
            image, source_size, model = self._decoded(picture_bytes(arrival.picture), level)
        if settings.quality_mode == "auto" and source_size != self._ready_for:
            self._open_all_levels(source_size)
        decoded_s = clock.monotonic_s()
        frame = self._frame(image, source_size, arrival)
        found = model.answer(frame)
        inferred_s = clock.monotonic_s()
        found = self._choose(found, settings, source_size)
        untracked = self.analysis is not None and self.analysis.tracking is None
        tracks = self._track(found, settings, frame) if settings.enable_tracking and not untracked else None
        names = model.info.class_names
        if tracks is None:
            detections = rows(found.above(settings.confidence_threshold), names, settings.max_detections)
        else:
            shown_tracks = self._smoother.show(tracks, settings.confidence_threshold, frame.t_s)
            detections = rows(shown_tracks, names, settings.max_detections)
        events: Sequence[Mapping[str, Any]] = ()
        if self.analysis is not None and (untracked or tracks is not None):
            events = self.analysis.update(frame, found if untracked else tracks, arrival.extras)
        size = model.info.input_size or image.shape[:2]
        return Answer(
            detections,
            events,
            source_size,
            {
                "mode": settings.quality_mode,
                "level": level.name,
                "stride": level.stride,
                "input_size": [size[1], size[0]],
                "model": model.info.name,
            },
            {
                "decode": decoded_s - begun_s,
                "infer": inferred_s - decoded_s,
                "analyse": clock.monotonic_s() - inferred_s,
            },
        )

    def _decoded(self, data: bytes, level: Level) -> tuple[UInt8, tuple[int, int], SharedModel]:
        """Give a picture as its model wants it: scaled by area, as a file's frames are."""
        header = picture_header(data)
        shown = header.size if min(header.size) >= 1 else (1, 1)
        model = self._model(level, shown)
        image, source_size = decode_picture(
            data, least=model.picture_size(shown), max_pixels=self._max_pixels
        )
        if source_size != shown:
            model = self._model(level, source_size)
        wanted = model.picture_size(source_size)
        return image if wanted is None else scaled(image, wanted), source_size, model

    def _converted(self, picture: RawPicture, level: Level) -> tuple[UInt8, tuple[int, int], SharedModel]:
        height, width = picture.size
        if height * width > self._max_pixels:
            raise MediaTooLargeError(
                f"a picture of {width}x{height} is over {self._max_pixels} pixels", hint="send smaller ones"
            )
        model = self._model(level, picture.size)
        return picture.image(model.picture_size(picture.size)), picture.size, model

    def _model(self, level: Level, source_size: tuple[int, int]) -> SharedModel:
        models = self._lighter if level.lighter and self._lighter is not None else self._models
        return models.get(level.scale, source_size, self._id)

    def _open_all_levels(self, source_size: tuple[int, int]) -> None:
        """Open what `auto` may step down to, so that a busy machine neither waits for it nor grows by it."""
        for scale in AUTO_SCALES:
            self._models.get(scale, source_size, self._id)
        self._lighter = self._models.lighter(LIGHTER.scale, source_size, self._id)
        self._ready_for = source_size

    def _frame(self, image: Any, source_size: tuple[int, int], arrival: Arrival) -> Frame:
        """Give the frame its place in time: the client's clock where it makes sense, else ours."""
        passed_s = max(arrival.received_mono_s - self._received_s, _LEAST_STEP_S)
        self._received_s = arrival.received_mono_s
        told_s = arrival.captured_s
        before_s = self._t_s
        if before_s is None:
            t_s = told_s if told_s is not None and math.isfinite(told_s) else arrival.received_s
        elif told_s is not None and _LEAST_STEP_S <= told_s - before_s <= _LONGEST_STEP_S:
            t_s = told_s
        else:
            t_s = before_s + passed_s
        self._t_s = t_s
        self._index += 1
        return Frame(image, self._index, Fraction(t_s), source_size, self._id)

    def _choose(
        self, found: Detections, settings: StreamSettings, source_size: tuple[int, int]
    ) -> Detections:
        iou, limit = settings.iou_threshold, len(found)
        if self.analysis is not None:
            found = found.above(self.analysis.min_score)
            iou, limit = self.analysis.iou, self.analysis.max_detections
        if (iou < self._models.chosen.iou or len(found) > limit) and len(found) > 1:
            found = found[suppress(found.boxes_px, found.scores, found.class_ids, iou=iou, limit=limit)]
        if settings.roi is not None and len(found):
            height, width = source_size
            centres_px = (found.boxes_px[:, :2] + found.boxes_px[:, 2:]).astype(np.float64) / 2
            corners_px = np.array(settings.roi, np.float64) * (width, height)
            found = found[inside(centres_px, corners_px)]
        return found

    def _track(self, found: Detections, settings: StreamSettings, frame: Frame) -> Tracks:
        threshold = settings.confidence_threshold
        if self._tracker is None:
            self._tracker = ByteTrack(**((self.analysis.tracking if self.analysis else None) or {}))
        if self._threshold != threshold and self.analysis is None:  # an application's tracks are as in a file
            sure = max(threshold, self._tracker.settings.low_score)
            self._tracker.settings = replace(self._tracker.settings, high_score=sure, birth_score=sure)
            self._threshold = threshold
        return self._tracker.update(found, t_s=frame.t_s, frame=frame)


def picture_bytes(picture: bytes | str) -> bytes:
    """Give a picture's bytes; base64 text may carry a `data:` prefix.

    Raises:
        FrameRefusedError: It is not base64.
    """
    if isinstance(picture, bytes):
        return picture
    text = picture.partition(",")[2] if picture.startswith("data:") else picture
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except (ValueError, binascii.Error):
        raise FrameRefusedError(
            "image_data is not base64", hint="send base64 of a JPEG, PNG or WebP file"
        ) from None


def rows(found: Detections | Tracks, class_names: Sequence[str], limit: int) -> list[dict[str, Any]]:
    """Give boxes as clients see them, best first."""
    ids = found.track_ids.tolist() if isinstance(found, Tracks) else [None] * len(found)
    order = np.argsort(-found.scores, kind="stable")[:limit].tolist()
    boxes, scores, classes = found.boxes_px.tolist(), found.scores.tolist(), found.class_ids.tolist()
    return [
        {
            "bbox": [round(side, 2) for side in boxes[row]],
            "confidence": round(scores[row], 4),
            "class_id": classes[row],
            "class_name": class_names[classes[row]]
            if classes[row] < len(class_names)
            else f"class_{classes[row]}",
            "track_id": ids[row],
        }
        for row in order
    ]
