"""How long after a catch a live stream tells of it: 720p pictures at 60 a second, of a simulated juggler.

    python benchmarks/juggling_live.py --seconds 8 --seeds 201,202

The stream is the server's own, without the network: pictures go in as JPEG files with the camera's times, messages come
out of its outbox. A delay is the time of the frame that showed the catch, less the true time of the catch; to it comes the
time from that frame's arrival to its message, told in CPU seconds and as it was on this machine. Each frame waits for its
answer, so that none is left out on a busy machine.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from sightline.bootstrap import build_platform
from sightline.service.live.build import build_live
from sightline.service.simulate import simulate
from sightline.settings import Settings
from sightline.stages.decode import VideoSource

FPS = 60
NEAR_S = 0.1
FLIES = 3
Told = tuple[float, float, dict[str, Any]]  # the frame's time, how long it took, the event


def main() -> None:
    """Film clips, stream them, print delays, counts and names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--seeds", default="201,202")
    chosen = parser.parse_args()
    delays, costs, rows = [], [], []
    for seed in (int(seed) for seed in chosen.seeds.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            made = simulate(
                "juggling",
                Path(folder) / "scene",
                seconds=chosen.seconds,
                seed=seed,
                size=(720, 1280),
                fps=FPS,
                people=3 + seed % 5,
                settings={"siteswap": "random", "balls": "identical"},
            )
            truth = json.loads(made.paths["events"].read_text(encoding="utf-8"))
            row, late, cost = streamed(made.clip, truth)
        delays += late
        costs += cost
        rows.append({"seed": seed, **row})
        print(json.dumps(rows[-1]), flush=True)
    real, hits, told = (sum(row[name] for row in rows) for name in ("real", "right", "told"))
    print(
        f"{hits} of {real} catches counted, {told - hits} false; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )
    for name, values in (
        ("from catch to the frame that shows it", [frame for frame, _ in delays]),
        ("from catch to message", [frame + took for frame, took in delays]),
        ("a frame's work, CPU", [cpu for _, cpu in costs]),
        ("a frame's work, as it was", [took for took, _ in costs]),
    ):
        middle, most, worst = np.quantile(values, (0.5, 0.95, 1.0)) * 1000
        print(f"{name}: median {middle:.1f}, p95 {most:.1f}, worst {worst:.1f} ms")


def streamed(
    clip: Path, truth: dict[str, Any]
) -> tuple[dict[str, Any], list[tuple[float, float]], list[tuple[float, float]]]:
    """Send a clip frame by frame; give counts and names, delays, and what each frame took, wall and CPU seconds."""
    with tempfile.TemporaryDirectory() as home:
        live = build_live(
            build_platform(Settings(home=Path(home), stream_max_fps=FPS, stream_latency_ms=60_000))
        )
        stream = live.open({"app": "juggling", "fps_limit": FPS})
        told: list[Told] = []
        costs: list[tuple[float, float]] = []
        number = 0
        try:
            for t_s, jpeg in pictures(clip):
                begun, cpu = time.perf_counter(), time.process_time()
                stream.arrived(jpeg, t_s, captured_s=t_s)
                while not (news := stream.outbox.after(number)) or news[-1].kind != "detection_result":
                    time.sleep(0.0005)
                took = time.perf_counter() - begun
                number = news[-1].number
                costs.append((took, time.process_time() - cpu))
                told += [(t_s, took, message.data) for message in news if message.kind == "juggle_event"]
            live.close(stream.id, within_s=10)
            told += [
                (t_s, 0.0, one.data) for one in stream.outbox.after(number) if one.kind == "juggle_event"
            ]
        finally:
            live.shut()
    return scored(told, truth, t_s), late(told, truth), costs


def pictures(clip: Path) -> Any:
    """Give each frame's time and its JPEG."""
    source = VideoSource(clip, threads=1)
    source.open()
    try:
        for segment in source.segments():
            for packet in source.read(segment):
                if packet.frame is not None:
                    packed = cv2.imencode(".jpg", packet.frame.image, [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
                    yield packet.frame.t_s, packed.tobytes()
    finally:
        source.close()


def caught(truth: dict[str, Any]) -> list[float]:
    """Give the true times of catches of what flew."""
    return sorted(one["catch_t_s"] for one in truth["throws"] if one["value"] >= FLIES and one["catch_t_s"])


def scored(told: list[Told], truth: dict[str, Any], last_s: float) -> dict[str, Any]:
    """Give how many catches were counted, and the names."""
    real = [t_s for t_s in caught(truth) if t_s < last_s - NEAR_S]
    said = [one["t_s"] for _, _, one in told if one["event"] == "catch"]
    hits = sum(any(abs(t_s - other) < NEAR_S for other in said) for t_s in real)
    names = [one["siteswap"] for _, _, one in told if one["event"] == "pattern"]
    return {
        "siteswap": truth["siteswap"],
        "named": names[-1] if names else None,
        "real": len(real),
        "right": hits,
        "told": len(said),
    }


def late(told: list[Told], truth: dict[str, Any]) -> list[tuple[float, float]]:
    """Give the delays of catches; those from before gravity was known are told at once and do not count."""
    real = caught(truth)
    events = [(said, took, one["t_s"]) for said, took, one in told if one["event"] == "catch"]
    settled_s = events[0][0] if events else 0.0
    return [
        (said - min(real, key=lambda t_s: abs(t_s - moment)), took)
        for said, took, moment in events
        if moment > settled_s and min(abs(t_s - moment) for t_s in real) < NEAR_S
    ]


if __name__ == "__main__":
    main()
