"""The sound of a video as a file of its own."""

from __future__ import annotations

import av
import numpy as np
import pytest

from factories import make_clip
from sightline.core.errors import OutputUnwritableError
from sightline.media.sound import extract_sound


def streams(path):
    with av.open(str(path)) as found:
        return [(one.type, one.codec_context.name, one.codec_context.sample_rate) for one in found.streams]


def seconds(path):
    with av.open(str(path)) as found:
        return sum(frame.samples / frame.sample_rate for frame in found.decode(audio=0))


def with_plain_sound(path):
    """Write half a second of a tone as PCM, which MP4 players do not take, beside a picture."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream("pcm_s16le", rate=8000)
        sound.codec_context.layout = "mono"
        picture = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="bgr24")
        container.mux(video.encode(picture))
        container.mux(video.encode(None))
        tone = (8000 * np.sin(np.arange(4000) / 3)).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
        frame.sample_rate, frame.pts = 8000, 0
        container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
    return path


def test_sound_that_mp4_holds_is_copied_and_twice_the_same_bytes(tmp_path):
    video = make_clip(tmp_path / "a.mp4", frames=25, audio=True).path
    first, second = tmp_path / "1.m4a", tmp_path / "2.m4a"
    assert extract_sound(video, first)
    assert extract_sound(video, second)
    assert streams(first) == [("audio", "aac", 16000)]
    assert seconds(first) == pytest.approx(seconds(video))
    assert first.read_bytes() == second.read_bytes()


def test_other_sound_is_coded_anew(tmp_path):
    out = tmp_path / "a.m4a"
    assert extract_sound(with_plain_sound(tmp_path / "a.avi"), out)
    assert [stream[:2] for stream in streams(out)] == [("audio", "aac")]
    assert seconds(out) == pytest.approx(0.5, abs=0.3)


def test_a_video_without_sound_leaves_nothing_behind(tmp_path):
    video = make_clip(tmp_path / "a.mp4", frames=5).path
    assert not extract_sound(video, tmp_path / "a.m4a")
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_sound_of_which_nothing_can_be_read_leaves_nothing_behind(tmp_path):
    whole, torn = make_clip(tmp_path / "a.mp4", frames=25, audio=True).path, tmp_path / "torn.ts"
    with av.open(str(whole)) as given, av.open(str(torn), "w") as container:
        kept = {stream.index: container.add_stream_from_template(stream) for stream in given.streams}
        for packet in given.demux():
            if packet.dts is not None:
                packet.stream = kept[packet.stream.index]
                container.mux(packet)
    content = bytearray(torn.read_bytes())
    for start in range(0, len(content), 188):
        if content[start + 1] & 0x1F == 1 and content[start + 2] == 1:  # 0x101, the second stream: the sound
            content[start + 4 : start + 188] = bytes(184)
    torn.write_bytes(content)
    assert not extract_sound(torn, tmp_path / "torn.m4a")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "torn.ts"]


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    video = make_clip(tmp_path / "a.mp4", frames=5, audio=True).path
    with pytest.raises(OutputUnwritableError, match=r"a\.m4a"):
        extract_sound(video, tmp_path / "none" / "a.m4a")
