"""HLS in memory: short segments, each of which can be played from its start, and no more than a few."""

import io

import av
import numpy as np
import pytest

from sightline.media.live.rolling import SEGMENTS_KEPT, RollingVideo


@pytest.fixture
def video():
    made = RollingVideo((64, 97))
    yield made
    made.close()


def play(video, seconds, hz=5, begin_s=0.0):
    for number in range(int(seconds * hz)):
        image = np.full((64, 97, 3), 30, np.uint8)
        image[:, number % 80 : number % 80 + 10] = 240
        video.add(image, begin_s + number / hz)


def frames(data):
    with av.open(io.BytesIO(data)) as opened:
        return [frame.time for frame in opened.decode(video=0)]


def test_before_the_first_segment_there_is_no_playlist(video):
    play(video, 1)
    assert video.playlist() is None
    assert video.segment(0) is None


def test_each_segment_can_be_played_from_its_start_and_their_times_go_on(video):
    play(video, 7, begin_s=100)
    lines = video.playlist().splitlines()
    assert lines[:4] == ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:2", "#EXT-X-MEDIA-SEQUENCE:0"]
    assert lines[4:] == ["#EXTINF:2.000,", "0.ts", "#EXTINF:2.000,", "1.ts", "#EXTINF:2.000,", "2.ts"]
    alone = [frames(video.segment(number)) for number in range(3)]
    assert [len(times) for times in alone] == [10, 10, 10]
    together = frames(b"".join(video.segment(number) for number in range(3)))
    assert together == pytest.approx([100 + number / 5 for number in range(30)], abs=1e-3)


def test_the_window_rolls(video):
    play(video, 2 * (SEGMENTS_KEPT + 3) + 1)
    assert "#EXT-X-MEDIA-SEQUENCE:3\n" in video.playlist()
    assert video.playlist().count(".ts") == SEGMENTS_KEPT
    assert video.segment(2) is None
    assert video.segment(3) is not None
