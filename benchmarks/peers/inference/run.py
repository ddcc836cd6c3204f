"""Roboflow's InferencePipeline around the same ONNX Runtime call, then the ByteTrack of `trackers`."""

import os
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
warnings.filterwarnings("ignore")
os.environ.update(METRICS_ENABLED="False", DISABLE_VERSION_CHECK="True", TELEMETRY_OPT_OUT="True")

import supervision as sv
from inference import InferencePipeline
from meter import Meter
from trackers import ByteTrackTracker
from yolox_onnx import IOU, MAX_DETECTIONS, YoloxOnnx


def main(video: str, model: str, out: str) -> None:
    meter = Meter()
    detect = YoloxOnnx(model)
    tracker = ByteTrackTracker(frame_rate=sv.VideoInfo.from_video_path(video).fps)

    def infer(frames: list) -> list:
        answers = []
        for frame in frames:
            boxes, scores, classes = detect(frame.image)
            found = sv.Detections(xyxy=boxes, confidence=scores, class_id=classes)
            answers.append(found.with_nms(IOU)[:MAX_DETECTIONS])
        return answers

    def follow(found: object, _frame: object) -> None:
        meter.frame(int((tracker.update(found).tracker_id >= 0).sum()))

    pipeline = InferencePipeline.init_with_custom_logic(video, on_video_frame=infer, on_prediction=follow)
    pipeline.start()
    pipeline.join()
    meter.write(out, "InferencePipeline")
    os._exit(0)  # its telemetry threads would keep the process


if __name__ == "__main__":
    main(*sys.argv[1:4])
