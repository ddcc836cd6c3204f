"""One batch of n pictures beside n requests in flight: `python benchmarks/batches.py [--rounds 5] [--model M.onnx]`.

Streams' frames that wait together could be laid into one tensor (a micro-batch) or be asked one by one, each a request of
its own (docs/decisions/002). Both get both cores, and the same pictures in turn; the model is `sightline-people-n`
(YOLOX-nano as exported takes one picture only, its shapes are written into it). Printed: when the first and the last
answer are there, processor time a frame, and by how much an answer differs from that of the picture alone.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import openvino as ov

from sightline.core.machine import this_machine

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("SIGHTLINE_TEST_DATA", ROOT.parent / "shared" / "data"))
CLIP = DATA / "videos" / "people" / "pets09_s2l1_480x360.avi"
MODEL = ROOT / "src" / "sightline" / "weights" / "sightline-people-n.onnx"
SIZE = (416, 416)
REPEATS = 40


class Round(NamedTuple):
    """What one way took for n pictures, medians: milliseconds, and the answers."""

    first_ms: float
    last_ms: float
    cpu_ms_a_frame: float
    answers: list[Any]


def pictures(count: int) -> list[Any]:
    """Give `(1, 3, 416, 416)` float32 pictures of a real clip, ten frames apart."""
    found = []
    with av.open(str(CLIP)) as video:
        for number, frame in enumerate(video.decode(video=0)):
            if number % 10 == 0:
                image = frame.reformat(SIZE[1], SIZE[0], "bgr24").to_ndarray()
                found.append(np.ascontiguousarray(image.transpose(2, 0, 1)[None], np.float32))
            if len(found) == count:
                break
    return found


def compiled(model: Path, batch: int, streams: int) -> Any:
    """Give the graph for so many pictures at once on both cores."""
    core = ov.Core()
    graph = core.read_model(model)
    graph.reshape([batch, 3, *SIZE])
    return core.compile_model(
        graph,
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": this_machine().precision("auto"),
            "INFERENCE_NUM_THREADS": 2,
            "NUM_STREAMS": streams,
            "ENABLE_CPU_PINNING": False,
        },
    )


def in_flight(requests: list[Any], images: list[Any]) -> Round:
    """Ask one by one, all at once under way."""

    def once() -> tuple[float, float, list[Any]]:
        begun = time.perf_counter()
        for request, image in zip(requests, images, strict=False):
            request.start_async({0: image}, share_inputs=True)
        firsts, answers = [], []
        for request, _ in zip(requests, images, strict=False):
            request.wait()
            firsts.append(time.perf_counter() - begun)
            answers.append(request.get_output_tensor(0).data.copy())
        return firsts[0], firsts[-1], answers

    return measure(once, len(images))


def in_one_batch(request: Any, images: list[Any]) -> Round:
    """Ask for all in one tensor."""

    def once() -> tuple[float, float, list[Any]]:
        begun = time.perf_counter()
        request.infer({0: np.concatenate(images)}, share_inputs=True)
        took = time.perf_counter() - begun
        return took, took, list(request.get_output_tensor(0).data[:, None].copy())

    return measure(once, len(images))


def measure(once: Any, count: int) -> Round:
    """Repeat, and give medians."""
    once()
    cpu_before, firsts, lasts, answers = time.process_time(), [], [], []
    for _ in range(REPEATS):
        first, last, answers = once()
        firsts.append(first)
        lasts.append(last)
    cpu = (time.process_time() - cpu_before) / REPEATS / count
    return Round(1000 * statistics.median(firsts), 1000 * statistics.median(lasts), 1000 * cpu, answers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--model", type=Path, default=MODEL)
    wanted = parser.parse_args()
    images = pictures(8)
    single = compiled(wanted.model, 1, 2)
    requests = [single.create_infer_request() for _ in images]
    batches = {count: compiled(wanted.model, count, 1).create_infer_request() for count in (1, 2, 4, 8)}
    print(
        "| frames | way | first answer, ms | last answer, ms | CPU-ms a frame | differs from alone by, at most |"
    )
    print("|---:|---|---:|---:|---:|---:|")
    for count, batch in batches.items():
        rounds: dict[str, list[Round]] = {"requests in flight": [], "one batch": []}
        for _ in range(wanted.rounds):
            rounds["requests in flight"].append(in_flight(requests, images[:count]))
            rounds["one batch"].append(in_one_batch(batch, images[:count]))
        alone = [in_flight(requests[:1], [image]).answers[0] for image in images[:count]]
        for way, taken in rounds.items():
            off = max(
                float(np.abs(got - one).max()) for got, one in zip(taken[-1].answers, alone, strict=True)
            )
            middle = [statistics.median(values) for values in zip(*(each[:3] for each in taken), strict=True)]
            print(
                f"| {count} | {way} | " + " | ".join(f"{value:.1f}" for value in middle) + f" | {off:.2g} |"
            )


if __name__ == "__main__":
    main()
