"""`ultralytics track` through its Python door, on an ONNX file in ONNX Runtime."""

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.update(
    YOLO_CONFIG_DIR=tempfile.mkdtemp(), YOLO_AUTOINSTALL="false", YOLO_VERBOSE="false", YOLO_OFFLINE="true"
)

from meter import Meter
from ultralytics import YOLO
from ultralytics import settings as ultralytics_settings


def main(video: str, model: str, out: str) -> None:
    meter = Meter()
    ultralytics_settings.update({"sync": False})
    results = YOLO(model, task="detect").track(
        source=video,
        stream=True,
        tracker="bytetrack.yaml",
        conf=0.1,
        iou=0.7,
        max_det=300,
        verbose=False,
        device="cpu",
    )
    for result in results:
        meter.frame(len(result.boxes))
    meter.write(out, "ultralytics track")


if __name__ == "__main__":
    main(*sys.argv[1:4])
