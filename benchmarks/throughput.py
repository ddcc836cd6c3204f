"""How fast Sightline is beside the work floor and its peers, on the same clips and the same network file.

`python benchmarks/throughput.py [--rounds 5] [--seconds 60] [--clips plaza,towncentre_1080p] [--no-write]`

Programs take turns, so that a busy minute on the machine hits all of them; the table gives the median of the
rounds and the distance between the quartiles.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clips import EQUAL_NETWORK, OUT, WEIGHTS, frames_of, looped, need_data, people_clips
from document import machine, table, write_section
from peers.install import python_of
from sightline.core.machine import this_machine

HERE = Path(__file__).parent
COMMAND = "python benchmarks/throughput.py"
RUN_LIMIT_S = 1800


@dataclass(frozen=True)
class Program:
    """One line of the table.

    Attributes:
        name: As the table calls it.
        command: Its interpreter, script and leading arguments; video, model and answer file follow.
        model: The network's file.
    """

    name: str
    command: tuple[str, ...]
    model: Path

    @property
    def is_there(self) -> bool:
        return Path(self.command[0]).exists()

    def run(self, video: Path) -> dict[str, float]:
        """Give one run's numbers, read from the answer file; empty where it failed, its last line printed."""
        answer = OUT / "answer.json"
        answer.unlink(missing_ok=True)
        command = [*self.command, str(video), str(self.model), str(answer)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_LIMIT_S)
        except subprocess.TimeoutExpired:
            print(f"    {self.name}: over {RUN_LIMIT_S} s", flush=True)
            return {}
        if not answer.exists():
            print(f"    {self.name}: {(done.stderr.strip().splitlines() or ['no answer'])[-1]}", flush=True)
            return {}
        return json.loads(answer.read_text(encoding="utf-8"))


def _peer(name: str, folder: str, model: Path) -> Program:
    return Program(name, (str(python_of(folder)), str(HERE / "peers" / folder / "run.py")), model)


def _own(name: str, *parts: str, model: Path = WEIGHTS) -> Program:
    return Program(name, (sys.executable, *(str(HERE / parts[0]), *parts[1:])), model)


FLOOR = (_own("decode + scale alone", "floor.py", "decode"), _own("network alone", "floor.py", "network"))
OURS = _own("Sightline", "ours.py")
PEERS = (
    _peer("supervision + trackers", "supervision", WEIGHTS),
    _peer("InferencePipeline", "inference", WEIGHTS),
)
EQUAL = (
    _own("Sightline, YOLOv8n", "ours.py", model=EQUAL_NETWORK),
    _own("Sightline, YOLOv8n, --runtime onnx", "ours.py", "--runtime=onnx", model=EQUAL_NETWORK),
    _peer("ultralytics track, YOLOv8n", "ultralytics", EQUAL_NETWORK),
)


def interleaved(programs: Sequence[Program], video: Path, rounds: int) -> dict[str, list[dict[str, float]]]:
    """Run all programs in turn, round after round."""
    found: dict[str, list[dict[str, float]]] = {program.name: [] for program in programs}
    for number in range(rounds):
        for program in programs:
            if not program.is_there:
                continue
            numbers = program.run(video)
            if numbers:
                found[program.name].append(numbers)
                print(f"    round {number + 1}: {program.name}: {numbers['fps']:.1f} fps", flush=True)
    return found


def middle(values: Sequence[float]) -> tuple[float, float]:
    """Give the median and the distance between the quartiles."""
    if len(values) < 2:
        return (values[0], 0.0) if values else (float("nan"), 0.0)
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return median, high - low


def floor_fps(found: dict[str, list[dict[str, float]]]) -> list[float]:
    """Cores divided by the CPU-seconds a frame of both parts alone, one value a round."""
    parts = zip(*(found[program.name] for program in FLOOR), strict=False)
    return [1000 * this_machine().cores / sum(part["cpu_s_per_1000"] for part in parts_) for parts_ in parts]


def rows(found: dict[str, list[dict[str, float]]], ours: str) -> list[list[str]]:
    """Make the table's lines; the last two columns compare with ours round by round, by fps and by CPU time.

    The floor is CPU time, so on a machine that others share only the last column can be held against it.
    """
    mine = [numbers["fps"] for numbers in found[ours]]
    my_cpu_s = [numbers["cpu_s_per_1000"] for numbers in found[ours]]
    lines, parts = [], {program.name for program in FLOOR}
    if all(found.get(program.name) for program in FLOOR):
        floor = floor_fps(found)
        cpu_s = [1000 * this_machine().cores / fps for fps in floor]
        spent = f"{statistics.median(cpu_s):.1f}"
        lines.append(
            [
                "**work floor**",
                _spread(floor),
                "",
                spent,
                "",
                "",
                _ratio(mine, floor),
                _ratio(cpu_s, my_cpu_s),
            ]
        )
    for name, runs in found.items():
        if not runs:
            lines.append([name, "not measured", "", "", "", "", "", ""])
            continue
        fps = [numbers["fps"] for numbers in runs]
        lines.append(
            [
                f"**{name}**" if name == ours else name,
                _spread(fps),
                _median(runs, "whole_fps", "{:.0f}"),
                _median(runs, "cpu_s_per_1000", "{:.1f}"),
                _median(runs, "peak_rss_mb", "{:.0f}"),
                _median(runs, "cold_start_s", "{:.1f}"),
                "" if name == ours or name in parts else _ratio(mine, fps),
                ""
                if name == ours or name in parts
                else _ratio([numbers["cpu_s_per_1000"] for numbers in runs], my_cpu_s),
            ]
        )
    return lines


def _spread(values: Sequence[float]) -> str:
    median, spread = middle(values)
    return f"{median:.1f} ± {spread / 2:.1f}"


def _median(runs: Sequence[dict[str, float]], key: str, form: str) -> str:
    values = [numbers[key] for numbers in runs if key in numbers]
    return form.format(statistics.median(values)) if values else ""


def _ratio(mine: Sequence[float], theirs: Sequence[float]) -> str:
    ratios = [own / other for own, other in zip(mine, theirs, strict=False)]
    return f"{statistics.median(ratios):.2f}" if ratios else ""


HEADER = (
    "program",
    "fps, median ± IQR/2",
    "fps, whole process",
    "CPU-s a 1,000 frames",
    "peak memory, MB",
    "first result, s",
    "Sightline's fps ÷ its",
    "its CPU-s ÷ Sightline's",
)


def measure(clip: Path, rounds: int, seconds: float, *, equal: bool, peers: Sequence[Program] = PEERS) -> str:
    """Measure all programs on one clip and give its part of the page."""
    video = looped(clip, at_least_s=seconds)
    frames = frames_of(video)
    print(f"  {video.name}: {frames} frames", flush=True)
    if equal:
        found = interleaved(EQUAL, video, rounds)
        title = f"{clip.stem}, YOLOv8n 640x640 for both"
        ours = EQUAL[0].name
    else:
        found = interleaved((*FLOOR, OURS, *peers), video, rounds)
        title, ours = f"{clip.stem}, YOLOX-nano", OURS.name
    for name, runs in found.items():
        lost = {int(numbers["frames"]) for numbers in runs} - {frames}
        if lost and "alone" not in name:
            print(f"    {name}: {sorted(lost)} frames answered of {frames}", flush=True)
    (OUT / f"throughput-{clip.stem}{'-equal' if equal else ''}.json").write_text(json.dumps(found, indent=1))
    return f"### {title}\n\n{frames} frames, {rounds} rounds.\n\n{table(HEADER, rows(found, ours))}\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=60.0, help="loop each clip to at least this long")
    parser.add_argument("--clips", default="pets09_s2l1_480x360,plaza,towncentre_1080p")
    parser.add_argument(
        "--equal-clip", default="pets09_s2l1_480x360", help="clip for the YOLOv8 pair; empty for none"
    )
    parser.add_argument("--floor-only", action="store_true", help="measure the floor and Sightline, no peers")
    parser.add_argument(
        "--no-write", action="store_true", help="print only, leave docs/performance.md as it is"
    )
    given = parser.parse_args()
    need_data()
    by_name = {clip.stem: clip for clip in people_clips()}
    parts = [
        measure(
            by_name[name],
            given.rounds,
            given.seconds,
            equal=False,
            peers=() if given.floor_only else PEERS,
        )
        for name in given.clips.split(",")
        if name
    ]
    if given.equal_clip:
        parts.append(measure(by_name[given.equal_clip], given.rounds, given.seconds, equal=True))
    command = f"{COMMAND} --rounds {given.rounds} --seconds {given.seconds:g} --clips {given.clips}"
    text = f"{machine()}.\n\n```\n{command}\n```\n\n" + "\n".join(parts)
    print(text)
    if not given.no_write:
        write_section("throughput", text)


if __name__ == "__main__":
    main()
