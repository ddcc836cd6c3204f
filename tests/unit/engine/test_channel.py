"""Channels: order, policies, statistics, and two ends in two threads."""

from __future__ import annotations

from threading import Thread

import pytest

from sightline.engine.channel import Channel, ChannelAborted, Policy


def test_items_come_out_in_the_order_they_went_in() -> None:
    channel: Channel[int] = Channel("c", 4)
    for item in (1, 2, 3):
        channel.put(item)

    assert channel.get_many(2) == [1, 2]
    assert channel.get_many(2) == [3]


def test_a_closed_channel_gives_what_waits_and_then_nothing() -> None:
    channel: Channel[int] = Channel("c", 4)
    channel.put(1)
    channel.close()

    assert channel.get_many(8) == [1]
    assert channel.get_many(8) == []


def test_freshest_hands_back_what_it_pushed_out_and_counts_it() -> None:
    channel: Channel[int] = Channel("c", 2, Policy.FRESHEST)

    assert [channel.put(item) for item in (1, 2, 3, 4)] == [None, None, 1, 2]
    assert channel.get_many(8) == [3, 4]
    assert (channel.stats.put, channel.stats.dropped, channel.stats.deepest) == (4, 2, 2)


def test_every_frame_makes_the_writer_wait_and_loses_nothing() -> None:
    channel: Channel[int] = Channel("c", 2)
    taken: list[int] = []

    def read() -> None:
        while items := channel.get_many(3):
            taken.extend(items)

    reader = Thread(target=read)
    reader.start()
    for item in range(500):
        channel.put(item)
    channel.close()
    reader.join(10)

    assert taken == list(range(500))
    assert channel.stats.deepest <= 2
    assert channel.stats.dropped == 0


def test_an_aborted_channel_wakes_a_reader_that_waits() -> None:
    channel: Channel[int] = Channel("c", 2)
    caught: list[str] = []

    def read() -> None:
        try:
            channel.get_many(1)
        except ChannelAborted as signal:
            caught.append(str(signal))

    reader = Thread(target=read)
    reader.start()
    channel.abort()
    reader.join(10)

    assert caught == ["c"]
    with pytest.raises(ChannelAborted):
        channel.put(1)


def test_a_channel_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="capacity"):
        Channel("c", 0)
