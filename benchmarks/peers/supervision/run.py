"""The plain loop: supervision's frames, ONNX Runtime, supervision's NMS, the ByteTrack of `trackers`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import supervision as sv
from meter import Meter
from trackers import ByteTrackTracker
from yolox_onnx import IOU, MAX_DETECTIONS, YoloxOnnx


def main(video: str, model: str, out: str) -> None:
    meter = Meter()
    detect = YoloxOnnx(model)
    tracker = ByteTrackTracker(frame_rate=sv.VideoInfo.from_video_path(video).fps)
    for frame in sv.get_video_frames_generator(video):
        boxes, scores, classes = detect(frame)
        found = sv.Detections(xyxy=boxes, confidence=scores, class_id=classes).with_nms(IOU)[:MAX_DETECTIONS]
        meter.frame(int((tracker.update(found).tracker_id >= 0).sum()))
    meter.write(out, "supervision + trackers")


if __name__ == "__main__":
    main(*sys.argv[1:4])
