"""Finds balls that fly, with no weights at all or with a network that helps where it is at a loss."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from sightline.core.detections import Detections
from sightline.vision.balls.circles import find_circles
from sightline.vision.balls.colours import BallColours
from sightline.vision.balls.flying import Flying
from sightline.vision.balls.memory import from_bytes, named, part, to_bytes
from sightline.vision.balls.scene import BallScene
from sightline.vision.balls.shapes import Shape, find_shapes, local_contrast, unite
from sightline.vision.completed import Completed
from sightline.vision.detector import WeightlessDetector
from sightline.vision.geometry import scaled
from sightline.vision.models.yolo import YoloModel

if TYPE_CHECKING:
    from pathlib import Path

    from sightline.core.arrays import Float32, Float64
    from sightline.core.frames import Frame
    from sightline.ports import ModelOptions, Pending
    from sightline.vision.balls.colours import Index
    from sightline.vision.balls.scene import Change

_AREA_PX = 640 * 360
_LEAST_SIDE_PX = 16
_STEPS = (1.0, 1.9, 3.2)
_COLOUR_LEVELS = (90.0, 170.0)
_MOST_LOOKED_AT = 36
_USUAL_RADIUS = 0.009  # of the longer side: what is smaller is less likely while nothing has flown
_MOST_CIRCLES, _CIRCLE_SURE = 6, 0.8
_STILL_LEVELS = 6.0
_GHOST_TIMES, _GHOST_LEVELS = 1.3, 2.0
_SURE = 0.5  # a frame without any candidate of this score is shown to the network
_LEAST_ASKED, _OVERLAP_ASKED = 0.3, 0.5


class BallsModel(WeightlessDetector):
    """Boxes around round things that move, and around what has the colours of things that flew: `ball`.

    It has a memory, so frames must come in order. It learns while it looks: the scene from the first frame on,
    how large balls are and which colours they have from whatever follows a parabola for six frames. The camera
    may shake, not travel. Balls that never fly are not found before others have flown.

    Weights of a detector of balls help it: where it knows a scene and is sure of nothing, they are asked too, their boxes join the
    candidates, and it learns from what flies among them, before a background that moves and while nothing has flown.

    Source:
        The steps are cited where they are made, in `vision.balls`; that parabolas tell balls from hands needs
        no colour: jkboyce/hawkeye, README.
    """

    family = "balls"
    finds = "ball"
    licence = "MIT"

    def __init__(
        self, weights: Path | None, options: ModelOptions, name: str = "", *, licence: str = ""
    ) -> None:
        asked = replace(options, min_score=_LEAST_ASKED, iou=_OVERLAP_ASKED)
        self._network = None if weights is None else YoloModel(weights, asked, name, licence=licence)
        super().__init__(weights, options, name, licence=licence)
        if self._network is not None:
            known = self._network.info
            self.info = replace(self.info, sha256=known.sha256, precision=known.precision)

    @classmethod
    def decode_size(
        cls, input_size: tuple[int, int] | None, source_size: tuple[int, int]
    ) -> tuple[int, int] | None:
        """Give the size it works at: as many pixels as 640x360 at most, in the source's shape."""
        del input_size
        return _working_size(source_size)

    def open(self) -> None:
        """Begin with an empty memory; raises a `ModelError` where there are weights that cannot be used."""
        self._forget()
        if self._network is not None:
            self._network.open()

    def submit(self, frame: Frame, regions: Detections | None = None) -> Pending[Detections]:
        """Look at the next frame; the answer is there at once."""
        del regions
        size = _working_size(frame.source_size)
        if min(size) < _LEAST_SIDE_PX:
            return Completed(Detections.empty())
        image = scaled(frame.image, size)
        change = self._scene.update(image, frame)
        codes = self._colours.codes(change.image)
        shapes = self._candidates(change, codes)
        samples = self._samples(codes, shapes)
        scores = self._scores(change, shapes, samples)
        if self._network is not None and change.known and not (scores >= _SURE).any():
            asked, sure = _asked(self._network, frame, change)
            shapes += asked
            samples = np.vstack([samples, self._samples(codes, asked)])
            scores = np.append(scores, sure)
        kept = [row for row in unite(shapes, scores) if scores[row] > 0] if shapes else []
        chosen = [shapes[row] for row in kept]
        for sample in self._flying.update(frame.t_s, chosen, [samples[row] for row in kept], size[0]):
            self._colours.learn(sample)
        return Completed(self._detections(chosen, scores[kept], change.to_frame, frame.source_size, size))

    def close(self) -> None:
        """Forget the scene."""
        self._forget()
        if self._network is not None:
            self._network.close()

    def _forget(self) -> None:
        self._scene = BallScene()
        self._colours = BallColours()
        self._flying = Flying()

    def snapshot(self) -> bytes:
        """All that has been learned so far; equal memories give equal bytes."""
        parts = {
            "scene.": self._scene.arrays(),
            "colours.": self._colours.arrays(),
            "flying.": self._flying.arrays(),
        }
        return to_bytes(
            {name: values for prefix, each in parts.items() for name, values in named(each, prefix).items()}
        )

    def restore(self, state: bytes) -> None:
        """Go back to a snapshot; raises `ValueError` for other bytes."""
        arrays = from_bytes(state)
        self._scene.take(part(arrays, "scene."))
        self._colours.take(part(arrays, "colours."))
        self._flying.take(part(arrays, "flying."))

    def _samples(self, codes: Index, shapes: list[Shape]) -> Index:
        """Give a few colours from inside each shape."""
        places = np.array([(s.x_px, s.y_px) for s in shapes], np.float64).reshape(-1, 2)
        radii = np.array([s.radius_px for s in shapes], np.float64)
        return self._colours.samples(codes, places, radii)

    def _scores(self, change: Change, shapes: list[Shape], samples: Index) -> Float64:
        """Give how sure it is that each shape is a ball."""
        likely = self._colours.shares(samples) if self._colours.known else None
        scores = [
            self._score(change, shape, None if likely is None else float(likely[row]))
            for row, shape in enumerate(shapes)
        ]
        return np.array(scores, np.float64)

    def _candidates(self, change: Change, codes: Any) -> list[Shape]:
        """Give round things that differ from the scene, and those that have a ball's colour."""
        found: list[Shape] = []
        if change.known:
            thresholds = [step * change.level for step in _STEPS]
            found += find_shapes(change.contrast, thresholds, "scene")
            if not self._colours.known:
                stirred = cv2.compare(change.moving, change.level, cv2.CMP_GT)
                found += find_circles(change.image, stirred)[:_MOST_CIRCLES]
        if self._colours.known:
            likeness = cv2.medianBlur(self._colours.likeness(codes), 3)
            found += find_shapes(likeness, _COLOUR_LEVELS, "colour")
        radius = self._flying.radius_px
        if radius is not None:
            found = [shape for shape in found if 0.45 * radius <= shape.radius_px <= 2.2 * radius]
        found.sort(key=lambda shape: (-shape.roundness, shape.x_px, shape.y_px))
        return found[:_MOST_LOOKED_AT]

    def _score(self, change: Change, shape: Shape, likely: float | None) -> float:
        """Give how sure it is that this is a ball, 0..1; 0 for what has left. `likely` tells of its colours."""
        gap, stray = local_contrast(change.image, shape)
        if shape.source == "scene" and self._has_left(change, shape):
            return 0.0
        distinct = min(max((gap - 0.4 * stray - 8) / 50, 0.0), 1.0)
        sure = _CIRCLE_SURE if shape.source == "circle" else 1.0
        score = sure * (0.45 * shape.roundness + 0.55 * distinct)
        if likely is not None:
            score = 0.5 * score + 0.5 * likely
        radius = self._flying.radius_px
        if radius is not None:
            return float(score) * float(np.exp(-0.5 * (np.log(shape.radius_px / radius) / 0.35) ** 2))
        usual = _USUAL_RADIUS * max(change.contrast.shape)
        return float(score * min(1.0, (shape.radius_px / usual) ** 2))

    def _has_left(self, change: Change, shape: Shape) -> bool:
        """Whether this is the place of something that has gone: the scene has its edges, the picture none."""
        left, top, right, bottom = shape.box
        rows = slice(max(0, top - 2), bottom + 2)
        columns = slice(max(0, left - 2), right + 2)
        if float(change.moving[rows, columns].mean()) > _STILL_LEVELS:
            return False
        now, before = _edges(change.image[rows, columns]), _edges(self._scene.part(rows, columns))
        if before <= _GHOST_TIMES * now + _GHOST_LEVELS:
            return False
        self._scene.absorb(change.image, rows, columns)
        return True

    def _detections(
        self,
        shapes: list[Shape],
        scores: Float64,
        to_frame: Float64,
        source_size: tuple[int, int],
        size: tuple[int, int],
    ) -> Detections:
        rows = np.flatnonzero(scores >= self._options.min_score)[: self._options.max_detections]
        if not len(rows):
            return Detections.empty()
        middles = np.array([(shapes[row].x_px + 0.5, shapes[row].y_px + 0.5) for row in rows])
        radii = np.array([shapes[row].radius_px for row in rows])
        middles = middles @ to_frame[:, :2].T + to_frame[:, 2]
        scale = np.array((source_size[1] / size[1], source_size[0] / size[0]))
        boxes: Float32 = np.hstack([middles - radii[:, None], middles + radii[:, None]]) * np.tile(scale, 2)
        limits = np.array((source_size[1], source_size[0]) * 2)
        boxes = np.clip(boxes, 0, limits).astype(np.float32)
        return Detections(
            boxes, np.clip(scores[rows], 0, 1).astype(np.float32), np.zeros(len(rows), np.int32)
        )


def _working_size(source_size: tuple[int, int]) -> tuple[int, int]:
    height, width = source_size
    scale = min(1.0, float(np.sqrt(_AREA_PX / (height * width))))
    return max(1, int(height * scale + 0.5)), max(1, int(width * scale + 0.5))


def _asked(network: YoloModel, frame: Frame, change: Change) -> tuple[list[Shape], Float64]:
    """Give what a network takes for balls, in pixels of `change.image`, and how sure it is of each."""
    found = network.submit(frame).result()
    scale = np.array(change.image.shape[1::-1]) / np.array(frame.source_size[::-1])
    corners = found.boxes_px.reshape(-1, 2, 2).astype(np.float64) * scale
    back = cv2.invertAffineTransform(change.to_frame)
    middles = corners.mean(axis=1) @ back[:, :2].T + back[:, 2]
    halves = np.sort((corners[:, 1] - corners[:, 0]) / 2)
    shapes = [
        Shape(
            x,
            y,
            short,
            long,
            1.0,
            (int(x - long), int(y - long), int(x + long) + 1, int(y + long) + 1),
            "network",
        )
        for (x, y), (short, long) in zip(middles.tolist(), halves.tolist(), strict=True)
    ]
    return shapes, found.scores.astype(np.float64)


def _edges(image: Any) -> float:
    """Give how strong edges are on average, in grey levels."""
    grey = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (3, 3), 0)
    return float(cv2.morphologyEx(grey, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).mean())
