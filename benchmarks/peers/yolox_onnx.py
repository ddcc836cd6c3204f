"""YOLOX on ONNX Runtime the way a user's script calls it: letterbox, run, decode the grid.

Source: Ge et al., YOLOX: Exceeding YOLO Series in 2021, section 2.1 (anchor-free head, strides 8, 16, 32).
"""

from __future__ import annotations

import cv2
import numpy as np
import onnxruntime as ort

MIN_SCORE = 0.1
IOU = 0.7
MAX_DETECTIONS = 300


class YoloxOnnx:
    """Default session options: what the documentation of ONNX Runtime shows."""

    def __init__(self, weights: str) -> None:
        self._session = ort.InferenceSession(weights, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0]
        self.size = tuple(self._input.shape[2:])
        self._grid, self._stride = self._make_grid()

    def _make_grid(self) -> tuple[np.ndarray, np.ndarray]:
        grids, strides = [], []
        for stride in (8, 16, 32):
            ys, xs = np.mgrid[: self.size[0] // stride, : self.size[1] // stride]
            grids.append(np.stack([xs.ravel(), ys.ravel()], axis=1))
            strides.append(np.full((ys.size, 1), stride))
        return np.concatenate(grids).astype(np.float32), np.concatenate(strides).astype(np.float32)

    def __call__(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Boxes xyxy in image pixels, scores and classes above the threshold, before suppression."""
        ratio = min(self.size[0] / image.shape[0], self.size[1] / image.shape[1])
        height, width = int(image.shape[0] * ratio), int(image.shape[1] * ratio)
        canvas = np.full((*self.size, 3), 114, np.uint8)
        canvas[:height, :width] = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
        tensor = np.ascontiguousarray(canvas.transpose(2, 0, 1)[None], dtype=np.float32)
        (raw,) = self._session.run(None, {self._input.name: tensor})
        raw = raw[0]
        scores_all = raw[:, 4:5] * raw[:, 5:]
        classes = scores_all.argmax(axis=1)
        scores = scores_all[np.arange(len(classes)), classes]
        keep = scores > MIN_SCORE
        centres = (raw[keep, :2] + self._grid[keep]) * self._stride[keep]
        halves = np.exp(raw[keep, 2:4]) * self._stride[keep] / 2
        boxes = np.concatenate([centres - halves, centres + halves], axis=1) / ratio
        return boxes, scores[keep], classes[keep]
