"""The plain server: FastAPI's WebSocket, OpenCV, ONNX Runtime, supervision and `trackers`, as their pages show it.

`python run.py MODEL PORT`. One model for all clients, each frame answered before the next is read.
"""

import base64
import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import numpy as np
import supervision as sv
import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.concurrency import run_in_threadpool
from trackers import ByteTrackTracker
from yolox_onnx import IOU, MAX_DETECTIONS, YoloxOnnx

app = FastAPI()
detect = YoloxOnnx(sys.argv[1])


def look(picture: bytes, tracker: ByteTrackTracker) -> list[dict]:
    image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    boxes, scores, classes = detect(image)
    found = sv.Detections(xyxy=boxes, confidence=scores, class_id=classes).with_nms(IOU)[:MAX_DETECTIONS]
    found = tracker.update(found)
    found = found[found.confidence >= 0.5]
    return [
        {"bbox": box.tolist(), "confidence": float(score), "class_id": int(kind), "track_id": int(track)}
        for box, score, kind, track in zip(
            found.xyxy, found.confidence, found.class_id, found.tracker_id, strict=True
        )
    ]


@app.websocket("/stream/detection")
async def detection(socket: WebSocket) -> None:
    await socket.accept()
    tracker = ByteTrackTracker(frame_rate=15)
    await socket.send_text(json.dumps({"type": "config_ack", "data": {}}))
    try:
        while True:
            message = json.loads(await socket.receive_text())
            received = time.time()
            picture = base64.b64decode(message["image_data"])
            found = await run_in_threadpool(look, picture, tracker)
            timing = {"received": received, "inferred": time.time(), "sent": time.time()}
            data = {"frame_id": message["frame_id"], "detections": found, "timing": timing, "dropped": {}}
            await socket.send_text(json.dumps({"type": "detection_result", "data": data}))
    except WebSocketDisconnect:
        pass


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[2]), log_level="warning")
