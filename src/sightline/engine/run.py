"""Runs a pipeline: lanes of stages in threads, joined by bounded channels.

    source --> [decode lane] --channel--> [inference lane] --channel--> [ordered lane] --> commit

Stages without memory share the inference lane; from the first stage with a memory on, everything is in
the ordered lane. A mark follows each segment's last frame through all stages; each stage with a memory
is snapshotted as the mark leaves it, and when the mark leaves the last stage the segment is committed.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from sightline.core.errors import RunCancelled, RunTimeoutError, StageFailedError
from sightline.core.packets import Packet
from sightline.core.runs import Checkpoint
from sightline.engine.channel import Channel, ChannelAborted
from sightline.engine.contract import check_contract
from sightline.engine.wrapper import SNAPSHOT, StageWrapper

if TYPE_CHECKING:
    from sightline.core.media import Segment
    from sightline.ports import FrameSource, Stage


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How the engine runs.

    Attributes:
        channel_frames: Most frames that wait between two lanes.
        stage_timeout_s: A single call of a stage, or one frame's decoding, may take no longer.
        join_s: How long threads get to stop once a run is torn down.
    """

    channel_frames: int = 8
    stage_timeout_s: float = 120.0
    join_s: float = 10.0


@dataclass(slots=True)
class EngineStats:
    """What running took: seconds busy by stage, and each channel's statistics."""

    busy_s: dict[str, float] = field(default_factory=dict)
    channels: dict[str, Any] = field(default_factory=dict)


def _ignore(_done: int) -> None:
    pass


def _never() -> bool:
    return False


class _Failure:
    """The first error of any lane."""

    def __init__(self) -> None:
        self._lock = Lock()
        self.error: BaseException | None = None

    def set(self, error: BaseException) -> None:
        with self._lock:
            self.error = self.error or error


class _SegmentHealth:
    """Tells a segment with some bad frames from a stage that fails on everything."""

    _ENOUGH_FRAMES = 10

    def __init__(self) -> None:
        self._worked = 0
        self._causes: Counter[str] = Counter()

    def note(self, packet: Packet) -> None:
        if packet.failed is None:
            self._worked += packet.skipped is None
        elif packet.failed != "decode":
            self._causes[packet.failed] += 1

    def end_segment(self, number: int) -> None:
        worked, causes = self._worked, self._causes
        self._worked, self._causes = 0, Counter()
        if not worked and causes.total() >= self._ENOUGH_FRAMES:
            failure = StageFailedError(
                f"every frame of segment {number} failed ({causes.most_common(1)[0][0]})",
                hint="try another --model or --runtime, then resume",
            )
            failure.retryable = True
            raise failure


class Pipeline:
    """A source, its stages, and what to do with each committed segment.

    Args:
        source: An opened source.
        stages: In order; checked here, opened by `run`.
        commit: Called in order with each finished segment's checkpoint.
        settings: How to run.
        given: What the source's packets hold.
    """

    def __init__(
        self,
        source: FrameSource,
        stages: Sequence[Stage],
        *,
        commit: Callable[[Checkpoint], None],
        settings: EngineSettings | None = None,
        given: Iterable[str] = ("frame",),
    ) -> None:
        self.produces = check_contract(stages, given=given)
        self.frames_done = 0
        self._source = source
        self._settings = settings or EngineSettings()
        self._commit = commit
        self._wrappers = [StageWrapper(stage) for stage in stages]
        self._failure = _Failure()
        self._health = _SegmentHealth()
        self._channels: list[Channel[Packet]] = []
        self._decode_since: float | None = None

    def run(
        self,
        segments: Iterable[Segment],
        *,
        snapshots: Mapping[str, bytes] | None = None,
        tick: Callable[[int], None] | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> EngineStats:
        """Work through segments until all are committed.

        Args:
            segments: Those still to do, in order; the next is asked for when the one before has been decoded.
            snapshots: Stage name -> state to go on from; None to start afresh.
            tick: Told how many frames are done, a few times a second, in the caller's thread.
            stop: Asked a few times a second; once it says yes, the run is torn down.

        Raises:
            RunCancelled: `stop` said yes; what was committed stays.
            RunTimeoutError: A stage took longer than allowed.
            SightlineError: A stage ended the attempt.
        """
        for wrapper in self._wrappers:
            wrapper.open()
        if snapshots is not None:
            for wrapper in self._wrappers:
                wrapper.restore(dict(snapshots))
        threads = self._start(segments)
        try:
            self._supervise(threads, tick or _ignore, stop or _never)
        finally:
            self._tear_down(threads)
        return self._stats()

    # -- lanes ---------------------------------------------------------------------------------------------

    def _start(self, segments: Iterable[Segment]) -> list[Thread]:
        first_with_memory = next(
            (place for place, wrapper in enumerate(self._wrappers) if wrapper.has_memory), len(self._wrappers)
        )
        free, ordered = self._wrappers[:first_with_memory], self._wrappers[first_with_memory:]
        lanes = [lane for lane in (free, ordered) if lane]
        size = self._settings.channel_frames
        self._channels = [Channel(f"to_lane_{place}", size) for place in range(len(lanes))]
        threads = [self._thread("decode", lambda: self._decode(segments, self._channels[0]))]
        for place, lane in enumerate(lanes):
            outbox = self._channels[place + 1] if place + 1 < len(lanes) else None
            threads.append(
                self._thread(f"lane_{place}", self._lane_runner(lane, self._channels[place], outbox))
            )
        for thread in threads:
            thread.start()
        return threads

    def _thread(self, name: str, work: Callable[[], None]) -> Thread:
        def guarded() -> None:
            try:
                work()
            except ChannelAborted:
                pass
            except BaseException as error:  # noqa: BLE001 - handed to the caller's thread
                self._failure.set(error)
                self._abort()

        return Thread(target=guarded, name=f"sightline-{name}", daemon=True)

    def _decode(self, segments: Iterable[Segment], outbox: Channel[Packet]) -> None:
        for segment in segments:
            expected = segment.first_frame
            for packet in self._watched(self._source.read(segment)):
                if packet.index != expected:
                    raise StageFailedError(f"the source lost or reordered frames near {packet.index}")
                expected += 1
                outbox.put(packet)
            if not segment.open_end and expected != segment.end_frame:
                raise StageFailedError(
                    f"the source gave {expected - segment.first_frame} of {segment.frames} frames"
                )
            mark_s = segment.end_pts_s if segment.end_pts_s is not None else Fraction(0)
            outbox.put(Packet(segment.number, expected, mark_s, ends_segment=True))
        outbox.close()

    def _watched(self, packets: Iterator[Packet]) -> Iterator[Packet]:
        while True:
            self._decode_since = time.monotonic()
            packet = next(packets, None)
            self._decode_since = None
            if packet is None:
                return
            yield packet

    def _lane_runner(
        self, lane: list[StageWrapper], inbox: Channel[Packet], outbox: Channel[Packet] | None
    ) -> Callable[[], None]:
        def hand_on(packets: list[Packet]) -> None:
            for packet in packets:
                if outbox is not None:
                    outbox.put(packet)
                else:
                    self._finish(packet)

        def work() -> None:
            while packets := inbox.get_many(self._settings.channel_frames):
                for wrapper in lane:
                    packets = wrapper.process(packets)
                hand_on(packets)
            for place, wrapper in enumerate(lane):
                packets = wrapper.close()
                for later in lane[place + 1 :]:
                    packets = later.process(packets)
                hand_on(packets)
            if outbox is not None:
                outbox.close()

        return work

    def _finish(self, packet: Packet) -> None:
        if not packet.ends_segment:
            self.frames_done += 1
            self._health.note(packet)
            return
        self._health.end_segment(packet.segment)
        found = packet.found
        snapshots = {
            name.removeprefix(SNAPSHOT): state for name, state in found.items() if name.startswith(SNAPSHOT)
        }
        parts = found.get("parts", {})
        self._commit(Checkpoint(packet.segment, parts.get("frames", 0), snapshots, parts))

    # -- supervision ---------------------------------------------------------------------------------------

    def _supervise(
        self, threads: list[Thread], tick: Callable[[int], None], stop: Callable[[], bool]
    ) -> None:
        while any(thread.is_alive() for thread in threads) and self._failure.error is None:
            threads[-1].join(timeout=0.1)
            if stop():
                raise RunCancelled
            self._check_timeouts()
            tick(self.frames_done)
        if self._failure.error is not None:
            raise self._failure.error
        tick(self.frames_done)

    def _check_timeouts(self) -> None:
        now = time.monotonic()
        limit_s = self._settings.stage_timeout_s
        busy = [(wrapper.stage.name, wrapper.busy_since) for wrapper in self._wrappers]
        for name, since in [*busy, ("decode", self._decode_since)]:
            if since is not None and now - since > limit_s:
                raise RunTimeoutError(
                    f"stage {name!r} has been busy with one call for over {limit_s:g} s",
                    hint="raise SIGHTLINE_STAGE_TIMEOUT_S, or use a smaller model; then resume",
                )

    def _abort(self) -> None:
        for channel in self._channels:
            channel.abort()

    def _tear_down(self, threads: list[Thread]) -> None:
        self._abort()
        deadline = time.monotonic() + self._settings.join_s
        for thread in threads:
            thread.join(timeout=max(0.0, deadline - time.monotonic()))
        for wrapper in self._wrappers:
            wrapper.release()

    def _stats(self) -> EngineStats:
        return EngineStats(
            busy_s={wrapper.stage.name: wrapper.busy_s for wrapper in self._wrappers},
            channels={channel.name: channel.stats for channel in self._channels},
        )
