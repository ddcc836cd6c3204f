"""Makes streams whose model is a fake and whose time stands still."""

import base64

import cv2
import numpy as np

from sightline.core.detections import Detections
from sightline.service.live.streams import LiveStreams
from sightline.settings import read_settings
from sightline.testing.fakes import FakeClock, FakeModel


def jpeg(size=(48, 64), suffix=".jpg"):
    image = np.full((*size, 3), 90, np.uint8)
    image[10:30, 10:30] = 220
    return cv2.imencode(suffix, image)[1].tobytes()


def text(picture):
    return base64.b64encode(picture).decode()


def still(_index):
    """One sure box and one doubtful one, on every frame."""
    boxes = np.array([[10, 10, 30, 30], [40, 10, 60, 30]], np.float32)
    return Detections(boxes, np.array([0.9, 0.3], np.float32), np.array([0, 0], np.int32))


def live_streams(
    script=still, *, clock=None, analysis=None, model=None, named=None, publish=None, cost_s=0.01, **settings
):
    """Live streams without threads of its own: work with `live.owner.step()`; `named` are models, or errors, by name."""
    clock = clock or FakeClock()
    built = []

    def build(chosen, scale, source_size):
        built.append((scale, source_size))
        other = (named or {}).get(chosen.name)
        if isinstance(other, Exception):
            raise other
        if other is not None:
            return other
        return model or FakeModel(script, class_names=("pothole",))

    options = {"analysis": analysis} if analysis else {}
    if publish:
        options["publish"] = publish
    made = LiveStreams(read_settings(**settings), 2, clock, build, **options)
    made.admission.note(cost_s)
    made._start = lambda: None
    made.built, made.clock = built, clock
    return made


def results(stream, after=0):
    return [message.data for message in stream.outbox.after(after) if message.kind == "detection_result"]


def kinds(stream):
    return [message.kind for message in stream.outbox.after(0)]
