"""Bad input gets one clear line, an exit status, and leaves nothing half-written behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from commandline import COMMAND, environment, results_of, sightline, start

from factories import make_audio_only, make_clip
from sightline.cli.main import run
from sightline.service.results import Results

ONE_LINE = re.compile(r"error\[(?P<code>\w+)\]: .+\. hint: .+\n")
RESULTS = ("manifest.json", "report.json", "report.html", "annotated.mp4", "tables", "figures")


def missing(folder: Path) -> Path:
    return folder / "not-there.mp4"


def empty(folder: Path) -> Path:
    path = folder / "empty.mp4"
    path.touch()
    return path


def text(folder: Path) -> Path:
    path = folder / "text.mp4"
    path.write_text("this is no video\n" * 100)
    return path


def a_folder(folder: Path) -> Path:
    path = folder / "folder.mp4"
    path.mkdir()
    return path


def cut_before_its_index(folder: Path) -> Path:
    """An MP4 keeps its index at the end; without it nothing can be read."""
    clip = make_clip(folder / "whole.mp4", frames=40)
    path = folder / "cut.mp4"
    path.write_bytes(clip.path.read_bytes()[: clip.path.stat().st_size // 2])
    return path


def sound_only(folder: Path) -> Path:
    return make_audio_only(folder / "sound.mp4")


def without_frames(folder: Path) -> Path:
    path = folder / "none.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        container.start_encoding()
    return path


def one_pixel(folder: Path) -> Path:
    path = folder / "pixel.avi"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("rawvideo", rate=25)
        stream.width, stream.height, stream.pix_fmt = 1, 1, "bgr24"
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(np.zeros((1, 1, 3), np.uint8), format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def huge_header(folder: Path) -> Path:
    """A GIF of some bytes that claims 20,000 x 20,000 pixels."""
    side = (20_000).to_bytes(2, "little")
    screen = b"GIF89a" + side + side + b"\x80\x00\x00" + b"\x00\x00\x00\xff\xff\xff"
    picture = b"\x2c\x00\x00\x00\x00" + side + side + b"\x00\x02\x02\x44\x01\x00"
    path = folder / "huge.gif"
    path.write_bytes(screen + picture * 3 + b"\x3b")
    return path


VIDEOS = [
    (missing, "source_unavailable"),
    (empty, "unsupported_format"),
    (text, "unsupported_format"),
    (a_folder, "unsupported_format|source_unavailable"),
    (cut_before_its_index, "unsupported_format|decode_failed"),
    (sound_only, "unsupported_format"),
    (without_frames, "unsupported_format"),
    (one_pixel, "unsupported_format|decode_failed"),
    (huge_header, "media_too_large"),
]


def refused(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """Run a command that must be refused; give the error's code."""
    status = run([str(argument) for argument in arguments])
    said = capfd.readouterr()
    assert status == 1
    assert said.out == ""
    line = ONE_LINE.fullmatch(said.err)
    assert line, said.err
    return line["code"]


def nothing_left(out: Path) -> bool:
    return not any((out / name).exists() for name in RESULTS)


@pytest.mark.parametrize(("make", "code"), VIDEOS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_bad_video_gets_one_line(make, code, tmp_path, capfd):
    out = tmp_path / "out"

    assert re.fullmatch(code, refused(capfd, "analyze", make(tmp_path), "--out", out))
    assert nothing_left(out)


def damaged_weights(folder: Path) -> Path:
    path = folder / "noise.onnx"
    path.write_bytes(np.random.default_rng(0).bytes(4096))
    return path


def empty_weights(folder: Path) -> Path:
    path = folder / "empty.onnx"
    path.touch()
    return path


def missing_weights(folder: Path) -> Path:
    return folder / "not-there.onnx"


def lonely_xml(folder: Path) -> Path:
    """An OpenVINO network without the file that holds its weights."""
    path = folder / "lonely.xml"
    path.write_text("<net name='lonely' version='11'><layers/></net>")
    return path


def no_weights_at_all(folder: Path) -> Path:
    path = folder / "notes.txt"
    path.write_text("not a model")
    return path


def unknown_layout(folder: Path) -> Path:
    onnx = pytest.importorskip("onnx")
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("GlobalAveragePool", ["x"], ["y"])],
        "mean",
        [helper.make_tensor_value_info("x", kind, [1, 3, 32, 32])],
        [helper.make_tensor_value_info("y", kind, [1, 3, 1, 1])],
    )
    path = folder / "mean.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))
    return path


MODELS = [
    (missing_weights, "weights_missing"),
    (empty_weights, "weights_invalid"),
    (damaged_weights, "weights_invalid"),
    (lonely_xml, "weights_invalid|weights_missing"),
    (no_weights_at_all, "unknown_plugin"),
    (unknown_layout, "unknown_layout"),
]


@pytest.mark.parametrize(("make", "code"), MODELS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_bad_model_gets_one_line(make, code, tmp_path, capfd):
    video, out = make_clip(tmp_path / "clip.mp4", frames=5).path, tmp_path / "out"

    assert re.fullmatch(code, refused(capfd, "analyze", video, "--out", out, "--model", make(tmp_path)))
    assert nothing_left(out)


@pytest.mark.data
def test_weights_that_were_cut_short_get_one_line(data_dir, tmp_path, capfd):
    video, out = make_clip(tmp_path / "clip.mp4", frames=5).path, tmp_path / "out"
    weights = tmp_path / "cut.onnx"
    weights.write_bytes((data_dir / "weights" / "yolox_nano.onnx").read_bytes()[:1_000_000])

    assert refused(capfd, "analyze", video, "--out", out, "--model", weights) == "weights_invalid"
    assert nothing_left(out)


OPTIONS = [
    (["--model", "no-such-model"], r"weights_missing|unknown_plugin|config_invalid"),
    (["--app", "no-such-app"], "unknown_plugin"),
    (["--tracker", "no-such-tracker"], "unknown_plugin"),
    (["--runtime", "no-such-runtime", "--model", "yolox_nano.onnx"], r"unknown_plugin|weights_missing"),
    (["--precision", "f64"], "settings_invalid"),
    (["--set", "no_such_setting=1"], "settings_invalid"),
    (["--rules", "not-there.yaml"], "rules_invalid"),
]


@pytest.mark.parametrize(
    ("options", "code"), OPTIONS, ids=lambda value: value[0] if isinstance(value, list) else ""
)
def test_a_bad_choice_gets_one_line(options, code, tmp_path, capfd):
    video, out = make_clip(tmp_path / "clip.mp4", frames=5).path, tmp_path / "out"

    assert re.fullmatch(code, refused(capfd, "analyze", video, "--out", out, *options))
    assert nothing_left(out)


def test_a_command_written_wrongly_exits_with_2(capfd):
    assert run(["analyze", "clip.mp4", "--no-such-option"]) == 2
    assert ONE_LINE.fullmatch(capfd.readouterr().err)


def test_a_folder_that_cannot_be_made_gets_one_line(tmp_path, capfd):
    video = make_clip(tmp_path / "clip.mp4", frames=5).path
    (tmp_path / "file").touch()

    assert refused(capfd, "analyze", video, "--out", tmp_path / "file" / "out") == "output_unwritable"


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unwritable for root")
def test_a_folder_that_may_not_be_written_to_gets_one_line(tmp_path, capfd):
    video, closed = make_clip(tmp_path / "clip.mp4", frames=5).path, tmp_path / "closed"
    closed.mkdir(mode=0o555)

    assert refused(capfd, "analyze", video, "--out", closed / "out") == "output_unwritable"


def test_results_that_are_there_are_not_written_over(tmp_path, capfd):
    video, out = make_clip(tmp_path / "clip.mp4", frames=5).path, tmp_path / "out"
    assert run(["analyze", str(video), "--out", str(out), "--no-annotate", "--quiet"]) == 0
    before = results_of(out)
    capfd.readouterr()

    assert refused(capfd, "analyze", video, "--out", out) == "conflict"
    assert results_of(out) == before


def with_broken_packets(folder: Path, *, suffix: str, broken: range) -> Path:
    """A clip some of whose packets hold nothing but zeros."""
    clip = make_clip(folder / f"clip{suffix}", frames=60, gop=10)
    content = bytearray(clip.path.read_bytes())
    with av.open(str(clip.path)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    for place in broken:
        position, size = packets[place]
        content[position : position + size] = bytes(size)
    clip.path.write_bytes(content)
    return clip.path


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_broken_packets_in_the_middle_are_decoded_around_and_counted(suffix, tmp_path):
    video, out = with_broken_packets(tmp_path, suffix=suffix, broken=range(23, 26)), tmp_path / "out"

    assert run(["analyze", str(video), "--out", str(out), "--no-annotate", "--quiet"]) == 0

    ledger = Results(out).ledger
    assert ledger.decoded == 60
    assert sum(ledger.failed.values()) >= 3
    assert ledger.inferred + sum(ledger.failed.values()) == 60
    assert set(ledger.failed) == {"decode"}


def test_a_file_cut_in_the_middle_keeps_its_ledger(tmp_path):
    """A transport stream has no index, so what is there can be read."""
    clip, out = make_clip(tmp_path / "clip.ts", frames=60), tmp_path / "out"
    cut = tmp_path / "cut.ts"
    cut.write_bytes(clip.path.read_bytes()[: clip.path.stat().st_size * 2 // 3])

    assert run(["analyze", str(cut), "--out", str(out), "--no-annotate", "--quiet"]) == 0

    ledger = Results(out).ledger
    assert 10 < ledger.decoded < 60
    assert ledger.decoded == ledger.inferred + sum(ledger.skipped.values()) + sum(ledger.failed.values())


def wait_for_work(process: subprocess.Popen[bytes], out: Path) -> None:
    """Come back once a segment is committed."""
    while not [*out.glob(".sightline/parts/*")]:
        try:
            status = process.wait(timeout=0.02)
        except subprocess.TimeoutExpired:
            continue
        pytest.fail(f"it ended by itself, with {status}")


@pytest.mark.slow
def test_ctrl_c_stops_in_order_and_can_be_resumed(people_clip, tmp_path):
    home, out, plain = tmp_path / "home", tmp_path / "out", tmp_path / "plain"
    process = start("analyze", people_clip, "--out", out, "--no-annotate", home=home, segment_s="0.5")
    wait_for_work(process, out)

    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 130
    assert nothing_left(out)

    again = sightline(
        "analyze", people_clip, "--out", out, "--no-annotate", "--resume", home=home, segment_s="0.5"
    )
    assert again.returncode == 0, again.stderr
    done = sightline("analyze", people_clip, "--out", plain, "--no-annotate", home=home, segment_s="0.5")
    assert done.returncode == 0, done.stderr
    assert results_of(out) == results_of(plain)


def in_a_small_disk(script: str, folder: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a shell script in a mount namespace of its own, so that it may fill a disk of its own."""
    return subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "bash", "-c", script],
        cwd=folder,
        env=environment(home, min_free_bytes="0", segment_s="0.5"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("unshare"), reason="needs unshare")
def test_a_full_disk_stops_the_run_and_room_lets_it_go_on(people_clip, tmp_path):
    (tmp_path / "disk").mkdir()
    mount = "mount -t tmpfs -o size=48k none disk || exit 77"
    command = " ".join(f"'{part}'" for part in [*COMMAND, "analyze", str(people_clip), "--out", "disk/out"])
    script = f"""{mount}
{command} --no-annotate 2> first.err; echo $? > first.status; ls disk/out > first.list
mount -o remount,size=64m disk
{command} --no-annotate --resume 2> second.err; echo $? > second.status; cp -r disk/out out"""

    done = in_a_small_disk(script, tmp_path, tmp_path / "home")

    if done.returncode == 77 or "Operation not permitted" in done.stderr:
        pytest.skip("no disk of its own here")
    line = ONE_LINE.search((tmp_path / "first.err").read_text())
    assert line, (tmp_path / "first.err").read_text()
    assert line["code"] == "output_full"
    assert (tmp_path / "first.status").read_text() == "1\n"
    assert "manifest.json" not in (tmp_path / "first.list").read_text()
    assert (tmp_path / "second.status").read_text() == "0\n", (tmp_path / "second.err").read_text()
    plain = sightline(
        "analyze",
        people_clip,
        "--out",
        tmp_path / "plain",
        "--no-annotate",
        home=tmp_path / "home",
        segment_s="0.5",
    )
    assert plain.returncode == 0, plain.stderr
    assert results_of(tmp_path / "out") == results_of(tmp_path / "plain")
