"""The work floor: what decoding and the network cost with nothing around them.

`floor.py decode VIDEO MODEL OUT.json` and `floor.py network VIDEO MODEL OUT.json`, each in a process of its own.
Cores divided by the sum of both, in CPU-seconds a frame, is the most that any program on this machine
could reach with this decoder and this network.

`floor.py memory VIDEO MODEL OUT.json` does both in one process and gives its peak memory, which no program with this
decoder and this network gets below; `floor.py memory-with-tables` does so with Arrow and OpenCV loaded.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

MEASURE_S = 6.0


def cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def decode_alone(video: str, size: tuple[int, int]) -> tuple[int, float, float]:
    """Threaded PyAV decode, and swscale (area averaging) to the size that fits the network."""
    import av
    from av.video.reformatter import Interpolation, VideoReformatter

    frames, cpu_before_s, started_s = 0, cpu_s(), time.perf_counter()
    while time.perf_counter() - started_s < MEASURE_S:
        with av.open(video) as container:
            stream = container.streams.video[0]
            stream.thread_type, stream.codec_context.thread_count = "AUTO", 2
            ratio = min(size[0] / stream.height, size[1] / stream.width)
            height, width = round(stream.height * ratio), round(stream.width * ratio)
            scaler = VideoReformatter()
            for frame in container.decode(stream):
                scaler.reformat(
                    frame, width, height, format="bgr24", interpolation=Interpolation.AREA
                ).to_ndarray()
                frames += 1
                if time.perf_counter() - started_s >= MEASURE_S:
                    break
    return frames, cpu_s() - cpu_before_s, time.perf_counter() - started_s


def network_alone(model: str, precision: str, size: tuple[int, int]) -> tuple[int, float, float]:
    """OpenVINO in throughput mode, as many requests as it asks for, the same input each time."""
    import numpy as np
    import openvino as ov

    core = ov.Core()
    graph = core.read_model(model)
    graph.reshape([1, 3, *size])
    compiled = core.compile_model(
        graph,
        "CPU",
        {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": precision},
    )
    queue = ov.AsyncInferQueue(compiled)
    shape = compiled.input(0).shape
    tensor = ov.Tensor(np.random.default_rng(0).uniform(0, 255, tuple(shape)).astype(np.float32))
    for _ in range(2 * len(queue)):
        queue.start_async({0: tensor}, share_inputs=True)
    queue.wait_all()
    frames, cpu_before_s, started_s = 0, cpu_s(), time.perf_counter()
    while time.perf_counter() - started_s < MEASURE_S:
        queue.start_async({0: tensor}, share_inputs=True)
        frames += 1
    queue.wait_all()
    return frames, cpu_s() - cpu_before_s, time.perf_counter() - started_s


def memory_of_both(video: str, model: str, precision: str, size: tuple[int, int], *, tables: bool) -> float:
    """Peak resident memory in MB of decoding and the network in this process, Arrow and OpenCV beside them or not."""
    if tables:
        import cv2  # noqa: F401
        import pyarrow.parquet  # noqa: F401
    decode_alone(video, size)
    network_alone(model, precision, size)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def input_size(model: str, video: str) -> tuple[int, int]:
    """Height and width that the network takes: its own, less the padding that the clip's shape leaves."""
    import av
    import openvino as ov

    size = [int(side) for side in list(ov.Core().read_model(model).input(0).shape)[2:]]
    with av.open(video) as container:
        sides = container.streams.video[0].height, container.streams.video[0].width
    ratio = min(most / side for most, side in zip(size, sides, strict=True))
    return tuple(
        min(most, -(-round(side * ratio) // 32) * 32) for most, side in zip(size, sides, strict=True)
    )


def rates(part: str, frames: int, spent_s: float, wall_s: float) -> dict[str, object]:
    """What a part's count of frames and its seconds come to."""
    return {
        "peer": f"{part} alone",
        "frames": frames,
        "fps": frames / wall_s,
        "cpu_s_per_1000": 1000 * spent_s / frames,
    }


def main(part: str, video: str, model: str, out: str) -> None:
    from sightline.core.machine import this_machine

    precision, size = this_machine().precision("auto"), input_size(model, video)
    report: dict[str, object] = {"precision": precision, "input": f"{size[1]}x{size[0]}"}
    if part.startswith("memory"):
        tables = part == "memory-with-tables"
        report["peak_rss_mb"] = memory_of_both(video, model, precision, size, tables=tables)
    else:
        alone = decode_alone(video, size) if part == "decode" else network_alone(model, precision, size)
        report |= rates(part, *alone)
    Path(out).write_text(json.dumps(report), encoding="utf-8")
    print(json.dumps(report))


if __name__ == "__main__":
    main(*sys.argv[1:5])
