"""A stranger's file is looked into at arm's length: what it is, and what it may cost."""

from __future__ import annotations

import gzip
import json
import os
import struct
import sys
import zipfile
import zlib
from fractions import Fraction

import pytest

from sightline.core.errors import (
    ContentRefusedError,
    MediaError,
    MediaTooLargeError,
    SourceUnavailableError,
    UnsupportedFormatError,
)
from sightline.media.container import MediaLimits
from sightline.media.probe import probe
from sightline.service.guards import probe_pool
from sightline.service.guards.probe import ProbeRules, probe_stranger
from sightline.service.guards.sniff import container_of, sniff_container

LIMITS = MediaLimits(max_pixels=640 * 480, max_duration_s=60, max_bytes=10_000_000)
RULES = ProbeRules(memory_bytes=400_000_000, cpu_s=20, wall_s=60)


def box(name, *bodies):
    body = b"".join(bodies)
    return struct.pack(">I", len(body) + 8) + name + body


def refused(path, limits=LIMITS, rules=RULES, kind=(ContentRefusedError, MediaError)):
    with pytest.raises(kind) as raised:
        probe_stranger(path, limits, rules)
    assert raised.value.hint
    assert str(path.parent) not in str(raised.value)
    return raised.value


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi"])
def test_a_videos_facts_are_those_of_a_look_from_near(clip, suffix):
    path = clip(suffix=suffix).path
    assert probe_stranger(path, LIMITS, RULES) == probe(path, LIMITS)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\x00\x00\x00\x20ftypisom", "mp4"),
        (b"\x00\x00\x00\x08wide\x00\x00", "mp4"),
        (b"\x1a\x45\xdf\xa3\x01", "matroska"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "avi"),
        (b"GIF89a", "gif"),
        (b"\x00\x00\x01\xba", "mpeg"),
        (b"G" + b"\x00" * 187 + b"G", "mpegts"),
        (b"\x00\x00\x00\x00G" + b"\x00" * 191 + b"G", "mpegts"),
        (b"OggS", "ogg"),
    ],
)
def test_a_container_is_known_by_its_first_bytes(head, name):
    assert container_of(head) == name


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"PK\x03\x04", "zip"),
        (gzip.compress(b"x"), "gzip"),
        (b"#EXTM3U\nhttp://inner/", "playlist"),
        (b"\xef\xbb\xbf#EXTM3U\n", "playlist"),
        (b"ffconcat version 1.0\nfile /etc/passwd", "playlist"),
        (b"<?xml version='1.0'?><MPD/>", "page"),
        (b"<!doctype html>", "page"),
        (b"\x7fELF", "program"),
        (b"#!/bin/sh", "script"),
        (b"\x89PNG\r\n", "picture"),
        (b"RIFF\x00\x00\x00\x00WAVE", "no video"),
        (b"hello", "no video"),
        (b"", "no video"),
    ],
)
def test_what_is_no_video_is_named_and_refused(head, what):
    with pytest.raises(ContentRefusedError, match=what):
        container_of(head)


def test_the_name_of_a_file_proves_nothing(tmp_path):
    path = tmp_path / "holiday.mp4"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("zeros", bytes(1_000_000))
    assert "zip" in str(refused(path, kind=ContentRefusedError))


def test_a_file_that_is_not_there_is_not_there(tmp_path):
    with pytest.raises(SourceUnavailableError):
        sniff_container(tmp_path / "nothing.mp4")


@pytest.mark.slow
def test_a_codec_that_is_not_taken_is_refused(clip):
    path = clip().path
    codec = probe(path).codec
    error = refused(path, rules=ProbeRules(codecs=frozenset({"vp9"})), kind=ContentRefusedError)
    assert codec in str(error)
    assert probe_stranger(path, LIMITS, ProbeRules(codecs=frozenset({codec}))).codec == codec


@pytest.mark.slow
def test_size_duration_and_resolution_have_limits(clip):
    path = clip(frames=20).path
    size_bytes = path.stat().st_size
    for limits in (
        MediaLimits(max_pixels=100),
        MediaLimits(max_duration_s=0.1),
        MediaLimits(max_bytes=size_bytes - 1),
    ):
        refused(path, limits, kind=MediaTooLargeError)


@pytest.mark.slow
def test_a_gif_that_declares_a_giant_picture_is_refused(tmp_path):
    path = tmp_path / "bomb.gif"
    screen = struct.pack("<HH", 65_535, 65_535)
    image = b"," + struct.pack("<HHHH", 0, 0, 65_535, 65_535) + b"\x00\x02\x02\x44\x01\x00"
    path.write_bytes(b"GIF89a" + screen + b"\x80\x00\x00" + b"\x00" * 6 + image + b";")
    refused(path)


@pytest.mark.slow
def test_an_mp4_that_declares_four_billion_samples_is_refused(tmp_path):
    """A few hundred bytes claim a table of samples that would take gigabytes."""
    path = tmp_path / "bomb.mp4"
    many = 0xFFFFFFFE
    entry = box(b"avc1", bytes(6), struct.pack(">H", 1), bytes(16), struct.pack(">HH", 320, 240), bytes(50))
    table = box(
        b"stbl",
        box(b"stsd", bytes(4), struct.pack(">I", 1), entry),
        box(b"stts", bytes(4), struct.pack(">III", 1, many, 1)),
        box(b"stsc", bytes(4), struct.pack(">IIII", 1, 1, many, 1)),
        box(b"stsz", bytes(4), struct.pack(">II", 1, many)),
        box(b"stco", bytes(4), struct.pack(">II", 1, 0)),
    )
    header = box(b"mdhd", bytes(12), struct.pack(">II", 1000, 1000), bytes(4))
    handler = box(b"hdlr", bytes(8), b"vide", bytes(13))
    media = box(b"mdia", header, handler, box(b"minf", box(b"vmhd", bytes(12)), table))
    track = box(
        b"tkhd", bytes(4), bytes(8), struct.pack(">I", 1), bytes(60), struct.pack(">II", 320 << 16, 240 << 16)
    )
    movie = box(b"mvhd", bytes(12), struct.pack(">II", 1000, 1000), bytes(80))
    path.write_bytes(
        box(b"ftyp", b"isom", bytes(4), b"isom") + box(b"moov", movie, box(b"trak", track, media))
    )
    refused(path)


@pytest.mark.slow
def test_a_compressed_header_that_unpacks_to_gigabytes_is_refused(tmp_path):
    path = tmp_path / "bomb.mp4"
    packed = zlib.compress(bytes(50_000_000), 9)
    said = struct.pack(">I", 0xF0000000)
    path.write_bytes(
        box(b"ftyp", b"qt  ", bytes(4))
        + box(b"moov", box(b"cmov", box(b"dcom", b"zlib"), box(b"cmvd", said, packed)))
    )
    refused(path)


@pytest.mark.slow
@pytest.mark.parametrize("keep", [0.3, 0.9])
def test_a_cut_or_scrambled_file_is_refused_or_read_and_never_more(clip, keep):
    path = clip().path
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * keep)])
    refused(path)


def stand_in(code, monkeypatch):
    """Have something else answer in place of the process that looks into the file."""
    monkeypatch.setattr(probe_pool, "_COMMAND", (sys.executable, "-I", "-c", code))


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "v.mp4"
    path.write_bytes(b"\x00\x00\x00\x08ftypisom")
    return path


LIMITED = (
    "import json, sys\nfrom sightline.service.guards.probe_child import bound\n"
    "asked = json.load(sys.stdin)\nbound(asked['memory_bytes'], asked['cpu_s'])\n"
)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "rules"),
    [
        (LIMITED + "x = bytearray(3_000_000_000)", RULES),
        (LIMITED + "while True: pass", ProbeRules(cpu_s=0.1, wall_s=60)),
        ("import time; time.sleep(60)", ProbeRules(wall_s=0.2)),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", RULES),
        ("print('x' * 200_000)", RULES),
        ("print('not json')", RULES),
        ("print('{}')", RULES),
        ("print('[]')", RULES),
        ('print(\'{"size": [1], "frame_rate_hz": "1/0"}\')', RULES),
        ("", RULES),
    ],
    ids=[
        "memory",
        "processor",
        "clock",
        "crash",
        "flood",
        "no json",
        "no facts",
        "a list",
        "wrong facts",
        "silence",
    ],
)
def test_a_child_that_goes_wrong_ends_and_the_file_is_refused(video, monkeypatch, code, rules):
    stand_in(code, monkeypatch)
    refused(video, rules=rules, kind=ContentRefusedError)


@pytest.mark.slow
def test_the_child_has_no_environment_and_cannot_write(video, monkeypatch, tmp_path):
    monkeypatch.setenv("SIGHTLINE_SECRET_KEY", "hunter2" * 8)
    target = tmp_path / "written"
    report = tmp_path / "report"
    os.mkfifo(report)
    stand_in(
        LIMITED + "import os\nwrote = True\n"
        f"try:\n    with open({str(target)!r}, 'wb') as file: file.write(b'x')\nexcept OSError: wrote = False\n"
        "facts = dict(container=str(wrote), codec=str(sorted(os.environ)), size=[1, 1], rotation_deg=0, frame_rate_hz=None,"
        " variable_frame_rate=False, duration_s='1/2', frames=1, size_bytes=1, audio_codec=None, pixel_aspect='1')\nprint(json.dumps(facts))",
        monkeypatch,
    )
    info = probe_stranger(video, LIMITS, RULES)
    assert info.container == "False"
    assert "SIGHTLINE" not in info.codec
    assert info.duration_s == Fraction(1, 2)


def test_a_refusal_of_the_child_keeps_its_name(video, monkeypatch):
    said = json.dumps({"code": "unsupported_format", "message": "m" * 900, "hint": "h"})
    monkeypatch.setattr(probe_pool.PROBES, "ask", lambda *_, **__: (0, said.encode()))
    error = refused(video, kind=UnsupportedFormatError)
    assert len(str(error)) == 500


@pytest.mark.slow
def test_a_process_that_waits_is_used_and_one_that_is_gone_does_no_harm(clip, monkeypatch):
    path, expected = clip().path, probe(clip().path, LIMITS)
    probes = probe_pool.PROBES
    probes.make_ready()
    waiting = probes._ready
    probes.make_ready()
    assert probes._ready is waiting
    assert probe_stranger(path, LIMITS, RULES) == expected
    assert (waiting.returncode, probes._ready) == (0, None)
    with monkeypatch.context() as patch:
        stand_in("pass", patch)  # as one that nobody needed
        probes.make_ready()
    while probes._ready.poll() is None:
        pass
    assert probe_stranger(path, LIMITS, RULES) == expected
