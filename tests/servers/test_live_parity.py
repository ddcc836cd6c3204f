"""The same drive as a file and as a stream: one engine, the same events."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from servers.live import Server
from sightline.client.stream import StreamClient, play
from sightline.media.live.pace import pictures_of
from sightline.quick import analyze
from sightline.service.simulate import simulate

pytestmark = pytest.mark.server


def by_file(clip, out):
    found = analyze(clip, out, app="road", annotate=False)
    rows = pq.read_table(found.folder / "tables" / "events.parquet").to_pylist()
    return [(int(row["value"]), row["rule"], row["frame"], row["end_frame"]) for row in rows]


def by_stream(clip, home):
    server = Server(home, SIGHTLINE_STREAM_MODEL="")
    try:
        asked = {"app": "road", "fps_limit": 30}
        opened = server.http.post("/stream/sessions", json=asked).raise_for_status().json()
        client = StreamClient(f"{server.url}?client_id={opened['client_id']}", headers=server.headers)
        client.open()
        play(client, pictures_of(str(clip), suffix=".png"), every_frame=True)
        server.http.delete(f"/stream/sessions/{opened['client_id']}").raise_for_status()
        client.wait(30, leave=-1)  # until the server hangs up: it tells what was still open before
        client.close()
    finally:
        server.close()
    return client.tally


def test_a_drive_streamed_at_its_own_rate_has_the_events_of_its_file_within_a_frame(tmp_path, monkeypatch):
    monkeypatch.setenv("SIGHTLINE_HOME", str(tmp_path / "files"))
    clip = simulate("road", tmp_path / "drive", seconds=8, fps=10, seed=9).clip
    filed = by_file(clip, tmp_path / "out")
    tally = by_stream(clip, tmp_path / "home")
    assert (tally.sent, tally.answered, tally.dropped) == (80, 80, {})
    closed = [event for event in tally.events if event["phase"] == "closed"]
    streamed = sorted((e["hazard_id"], e["kind"], e["frame"], e["last_frame"]) for e in closed)
    assert filed
    assert [row[:2] for row in streamed] == [row[:2] for row in filed]
    for one, other in zip(streamed, filed, strict=True):
        assert abs(one[2] - other[2]) <= 1, (streamed, filed)
        assert abs(one[3] - other[3]) <= 1, (streamed, filed)
