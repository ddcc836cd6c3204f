"""Sends pictures to a live stream and prints what is found: `python stream_frames.py KEY a.jpg b.jpg ...`."""

import asyncio
import base64
import json
import sys
import time
from pathlib import Path

from websockets.asyncio.client import connect

FPS = 10
URL = f"ws://127.0.0.1:8000/stream/detection?fps_limit={FPS}&confidence_threshold=0.4"


async def main(key: str, pictures: dict[str, bytes]) -> None:
    async with connect(URL, additional_headers={"X-API-Key": key}) as socket:
        print(json.loads(await socket.recv()))  # config_ack, or why there is no stream
        for name, data in pictures.items():
            picture = base64.b64encode(data).decode()
            frame = {"type": "frame", "image_data": picture, "frame_id": name, "timestamp": time.time()}
            await socket.send(json.dumps(frame))
            try:
                async with asyncio.timeout(5):
                    while (message := json.loads(await socket.recv()))["type"] == "hazard_event":
                        print("event", message["data"])
            except TimeoutError:  # left out: the next result's `dropped` says why
                continue
            told = message["data"]
            found = [f"{one['class_name']} {one['confidence']:.2f}" for one in told.get("detections", ())]
            print(name, found or told)
            await asyncio.sleep(
                1 / FPS
            )  # a frame over `fps_limit` is left out, and nothing comes back for it


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], {name: Path(name).read_bytes() for name in sys.argv[2:]}))
