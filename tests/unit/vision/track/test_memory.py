"""A tracker's memory as bytes."""

import numpy as np
import pytest

from sightline.core.errors import SettingsError
from sightline.vision.track.memory import Memory


def filled():
    memory = Memory()
    memory.add(np.array([[5.0, 9.0], [6.0, 8.0], [2.0, 3.0], [4.0, 5.0]]), np.array([1, 0]), t_s=0.5)
    memory.name(np.array([0]))
    memory.t_s = 0.5
    return memory


def test_what_is_read_back_is_what_was_written():
    memory = filled()
    back = Memory.from_bytes(memory.to_bytes())
    for name in ("state", "seen_s", "ids", "hits", "class_ids"):
        assert (getattr(back, name) == getattr(memory, name)).all()
        assert getattr(back, name).flags.writeable
    assert (back.next_id, back.t_s) == (2, 0.5)
    assert back.to_bytes() == memory.to_bytes()


def test_bytes_do_not_depend_on_how_the_memory_came_about():
    longer = filled()
    longer.add(np.ones((4, 3)), np.zeros(3, np.int64), t_s=0.5)
    longer.keep(np.array([True, True, False, False, False]))
    assert longer.to_bytes() == filled().to_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: b"XXXX" + data[4:],
        lambda data: data[:4] + b"\xff\xff" + data[6:],
    ],
)
def test_damaged_bytes_are_refused(damage):
    with pytest.raises(SettingsError, match="snapshot"):
        Memory.from_bytes(damage(filled().to_bytes()))
