"""300 damaged videos through `analyze`: no crash, no hang, no traceback, and the ledger's law when it succeeds."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import numpy as np
import pytest
from commandline import environment

from factories import CODECS, DATA, make_clip
from sightline.service.results import Results

pytestmark = pytest.mark.slow

MUTATIONS = 300
SERVERS = 2
SERVER = Path(__file__).with_name("fuzz_server.py")
ONE_LINE = re.compile(r"error\[\w+\]: .+\n")
REAL = ("videos/people/pets09_s2l1_480x360.avi", "videos/people/plaza.mp4", "videos/road", "videos/juggling")


def flip(content: bytearray, rng: np.random.Generator) -> None:
    """Change some bytes anywhere."""
    for place in rng.integers(0, len(content), rng.integers(1, 64)):
        content[place] = rng.integers(0, 256)


def flip_head(content: bytearray, rng: np.random.Generator) -> None:
    """Change some bytes where containers keep what they are."""
    for place in rng.integers(0, min(len(content), 600), rng.integers(1, 12)):
        content[place] ^= 1 << int(rng.integers(0, 8))


def flip_tail(content: bytearray, rng: np.random.Generator) -> None:
    """Change some bytes where an MP4 keeps its index."""
    for place in rng.integers(max(0, len(content) - 1500), len(content), rng.integers(1, 12)):
        content[place] = rng.integers(0, 256)


def cut_end(content: bytearray, rng: np.random.Generator) -> None:
    """Keep only a beginning."""
    del content[int(rng.integers(1, len(content))) :]


def cut_out(content: bytearray, rng: np.random.Generator) -> None:
    """Lose a stretch in the middle."""
    start = int(rng.integers(0, len(content)))
    del content[start : start + int(rng.integers(1, 2000))]


def blank(content: bytearray, rng: np.random.Generator) -> None:
    """Zeros where a disk lost a block."""
    start = int(rng.integers(0, len(content)))
    end = min(len(content), start + int(rng.integers(1, 4096)))
    content[start:end] = bytes(end - start)


def insert(content: bytearray, rng: np.random.Generator) -> None:
    """Noise that does not belong there."""
    start = int(rng.integers(0, len(content)))
    content[start:start] = rng.bytes(int(rng.integers(1, 2000)))


def repeat(content: bytearray, rng: np.random.Generator) -> None:
    """A stretch twice."""
    start = int(rng.integers(0, len(content)))
    content[start:start] = content[start : start + int(rng.integers(1, 4000))]


WAYS = (flip, flip_head, flip_tail, cut_end, cut_out, blank, insert, repeat)


def first_packets(source: Path, out: Path, count: int = 15) -> Path:
    """Copy the beginning of a real video without encoding it again."""
    with av.open(str(source)) as given, av.open(str(out), "w") as container:
        stream = container.add_stream_from_template(given.streams.video[0])
        for number, packet in enumerate(given.demux(given.streams.video[0])):
            if number == count or packet.dts is None:
                break
            packet.stream = stream
            container.mux(packet)
    return out


@pytest.fixture(scope="module")
def originals(tmp_path_factory) -> list[Path]:
    """Small videos of every container; some real ones where there are any."""
    folder = tmp_path_factory.mktemp("originals")
    made = [
        make_clip(folder / f"made{suffix}", frames=12, size=(48, 64), gop=4).path for suffix in sorted(CODECS)
    ]
    for place in REAL if DATA.is_dir() else ():
        found = DATA / place
        sources = sorted(found.iterdir())[:1] if found.is_dir() else [found]
        made += [first_packets(source, folder / f"{found.stem}-{source.name}") for source in sources]
    return made


@pytest.fixture(scope="module")
def damaged(originals, tmp_path_factory) -> list[Path]:
    """The 300 files; each number gives the same damage every time."""
    folder, files = tmp_path_factory.mktemp("damaged"), []
    for number in range(MUTATIONS):
        rng = np.random.default_rng(number)
        original = originals[number % len(originals)]
        content = bytearray(original.read_bytes())
        ways = [WAYS[number // len(originals) % len(WAYS)], *rng.choice(np.array(WAYS), rng.integers(0, 2))]
        for way in ways:
            if content:
                way(content, rng)
        files.append(folder / f"{number:03}-{'-'.join(way.__name__ for way in ways)}{original.suffix}")
        files[-1].write_bytes(content)
    return files


def analysed(
    rehearsal: Path, files: list[Path], folder: Path
) -> Iterator[tuple[Path, int | None, str, Path]]:
    """Have one server analyse some files; give each file's wait status, what it said and its result folder."""
    folder.mkdir()
    with subprocess.Popen(
        [sys.executable, str(SERVER)],
        env=environment(folder / "home", max_attempts="1"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        for path in [rehearsal, *files]:
            out, errors = folder / path.stem, folder / f"{path.stem}.err"
            arguments = ["analyze", str(path), "--out", str(out), "--no-annotate", "--quiet"]
            server.stdin.write(json.dumps([arguments, str(errors)]) + "\n")
            server.stdin.flush()
            status = json.loads(server.stdout.readline())
            yield path, status, errors.read_text(errors="replace"), out
        server.stdin.close()


def complaint(status: int | None, said: str, out: Path) -> str:
    """What is wrong with how a run ended; nothing, where nothing is."""
    if status is None:
        return "took longer than it may"
    if os.WIFSIGNALED(status):
        return f"died of signal {os.WTERMSIG(status)}"
    code = os.WEXITSTATUS(status)
    if "Traceback" in said or code not in (0, 1):
        return f"exit status {code}: {said[-600:]}"
    if code == 1:
        if not ONE_LINE.fullmatch(said):
            return f"not one line: {said[-600:]!r}"
        return "left results behind" if (out / "manifest.json").exists() or [*out.glob("tables/*")] else ""
    ledger = Results(out).ledger
    rows = Results(out).table("frames")["frame"].to_pylist()
    return (
        "" if rows == list(range(ledger.decoded)) else f"the ledger has {ledger.decoded} frames, rows {rows}"
    )


@pytest.mark.timeout(1200)
def test_damaged_videos_are_refused_in_one_line_or_analysed_by_the_law(originals, damaged, tmp_path):
    def half(number: int) -> list[tuple[str, str, bool]]:
        found = []
        for path, status, said, out in analysed(
            originals[0], damaged[number::SERVERS], tmp_path / str(number)
        ):
            found.append((path.name, complaint(status, said, out), status == 0))
            shutil.rmtree(out, ignore_errors=True)
        return found

    with ThreadPoolExecutor(SERVERS) as pool:
        results = [result for part in pool.map(half, range(SERVERS)) for result in part]

    assert len(results) == MUTATIONS + SERVERS
    assert {name: words for name, words, _ in results if words} == {}
    ended = Counter(fine for _, _, fine in results)
    assert min(ended[True], ended[False]) >= MUTATIONS // 20, (
        "the damage is too mild or too harsh to tell anything"
    )
