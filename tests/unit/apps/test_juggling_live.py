"""Juggling while it goes on, through a stream: counts, drops and the same pattern as a file has."""

from concurrent.futures import Future
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from sightline.analytics.juggling.linking import link
from sightline.analytics.juggling.live.meter import named
from sightline.analytics.juggling.notation import parse
from sightline.analytics.juggling.observe import Lens, TrackerErrors, observe
from sightline.analytics.juggling.reading import read
from sightline.analytics.juggling.simulate import Juggler, Run, perform
from sightline.apps.juggling.app import JugglingApp
from sightline.apps.juggling.live import JugglingAnalysis
from sightline.apps.juggling.settings import JugglingSettings
from sightline.core.detections import Detections
from sightline.core.frames import Frame
from sightline.service.live.stream.analysis import message_of
from unit.service.live.streams import jpeg, kinds, live_streams

FPS, SIZE, RADIUS_PX = 60.0, (720, 1280), 12.0


class AtOnce:
    """Looks for the pattern before it answers, and keeps what it looked at."""

    def ask(self, candidates):
        self.candidates = candidates
        answer = Future()
        answer.set_result(named(candidates))
        return answer


def detections(text="3", beats=14, dropped=None):
    """What a detector finds in each frame of somebody who juggles."""
    rng = np.random.default_rng(4)
    performance = perform([Run(parse(text), beats, dropped)], Juggler(), rng)
    frames = [[] for _ in range(int(performance.end_s * FPS) + 1)]
    for path in observe(performance, Lens(fps=FPS), TrackerErrors(noise_px=0.5, misses=0.03), rng):
        for frame, place in zip(path.frames.tolist(), path.points_px.tolist(), strict=True):
            frames[frame].append(place)
    found = []
    for places in frames:
        middles = np.array(places, np.float32).reshape(-1, 2)
        boxes = np.hstack([middles - RADIUS_PX, middles + RADIUS_PX]).astype(np.float32)
        scores, classes = np.full(len(boxes), 0.9, np.float32), np.zeros(len(boxes), np.int32)
        found.append(Detections(boxes, scores, classes))
    return performance, found


def told(analysis, found):
    picture = np.zeros((36, 64, 3), np.uint8)
    events = []
    for index, one in enumerate(found):
        frame = Frame(image=picture, index=index, pts_s=Fraction(index, 60), source_size=SIZE)
        events += analysis.update(frame, one, {})
    return [*events, *analysis.finish()]


def test_a_stream_counts_catches_and_names_the_pattern_as_a_file_does():
    namer = AtOnce()
    performance, found = detections()
    events = told(JugglingAnalysis(JugglingSettings(), ("ball",), namer=namer), found)
    real = [throw for throw in performance.throws if throw.value >= 3]
    catches = [event for event in events if event["event"] == "catch"]
    assert [event["catches"] for event in catches][-1] == len(catches)
    assert abs(len(catches) - len(real)) <= 1
    patterns = [event for event in events if event["event"] == "pattern"]
    whole = read(link(namer.candidates))
    assert patterns[-1]["siteswap"] == whole.siteswap == "3"
    assert patterns[-1]["balls"] == whole.balls == 3
    assert {message_of(event) for event in events} == {"juggle_event"}


def test_a_drop_is_told_and_ends_the_run():
    _, found = detections(dropped=8)
    events = told(JugglingAnalysis(JugglingSettings(), ("ball",), namer=AtOnce()), found)
    (drop,) = [event for event in events if event["event"] == "drop"]
    assert (drop["drops"], drop["run"]) == (1, 0)
    assert drop["catches"] > 0


def test_what_is_no_ball_is_not_looked_at():
    _, found = detections()
    assert told(JugglingAnalysis(JugglingSettings(), ("person",), namer=AtOnce()), found) == []


@pytest.mark.parametrize("tracking", [True, False])
def test_a_stream_hands_the_detections_themselves_to_who_tracks_on_its_own(tracking):
    class Watching:
        tracking, min_score, iou, max_detections = None, 0.1, 1.0, 40

        def finish(self):
            return []

        def update(self, frame, found, extras):
            return [{"message": "juggle_event", "boxes": len(found), "kind": type(found).__name__}]

    live = live_streams(analysis=lambda app, settings, names: Watching())
    stream = live.open({"app": "juggling", "enable_tracking": tracking})
    stream.arrived(jpeg(), 1)
    live.owner.step()
    assert kinds(stream) == ["juggle_event", "detection_result"]
    assert stream.outbox.after(0)[0].data["kind"] == "Detections"


def test_the_application_starts_its_process_before_there_is_anything_to_name(monkeypatch):
    started = []
    pool = SimpleNamespace(submit=lambda work: started.append(work.__name__))
    monkeypatch.setattr("sightline.apps.juggling.live._pool", lambda: pool)
    assert JugglingApp().analysis({}, ("ball",)).tracking is None
    assert started == ["ready"]
