"""States of asynchronous patterns: what lands when, which states follow, and the way from one pattern to another.

A state is a tuple of counts: entry `i` says how many balls land `i` beats from now. Without multiplex entries are 0 or 1.

Source:
    Jack Boyce's state graphs, as described in Polster, The Mathematics of Juggling, 2003, section 2.8.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sightline.core.errors import NotationError

if TYPE_CHECKING:
    from sightline.analytics.juggling.notation import Siteswap

State = tuple[int, ...]
MOST_STATES = 20_000


def states(pattern: Siteswap) -> tuple[State, ...]:
    """Give the state before each beat of a pattern's period.

    Raises:
        NotationError: The pattern is synchronous or not valid.

    Example:
        >>> from sightline.analytics.juggling.notation import parse
        >>> states(parse("531"))[0]
        (1, 1, 1)
    """
    if pattern.synchronous:
        raise NotationError(f"{pattern} is synchronous; states are known of asynchronous patterns only")
    balls = pattern.balls
    values = [[toss.value for toss in moment.left] for moment in pattern.moments]
    period, highest = len(values), max(pattern.values)
    found = []
    for beat in range(period):
        landing = [0] * max(highest, 1)
        for back in range(1, highest + 1):
            for value in values[(beat - back) % period]:
                if value >= back:
                    landing[value - back] += 1
        found.append(_trimmed(tuple(landing)))
    if any(sum(state) != balls for state in found):
        raise NotationError(f"{pattern} is not a siteswap")
    return tuple(found)


def ground(balls: int) -> State:
    """Give the ground state: a ball lands on each of the next beats."""
    return (1,) * balls


def is_ground(pattern: Siteswap) -> bool:
    """Tell whether a pattern passes through the ground state; else it is excited."""
    return ground(pattern.balls) in states(pattern)


def follow(state: State, value: int) -> State | None:
    """Give the state after throwing a value, or None where that cannot be thrown.

    With nothing in the hand only 0 can be; a ball may not land where one already does.
    """
    held = state[0] if state else 0
    if held > 1 or (held == 0) != (value == 0):
        return None
    ahead = list(state[1:])
    if value:
        ahead += [0] * (value - len(ahead))
        if ahead[value - 1]:
            return None
        ahead[value - 1] = 1
    return _trimmed(tuple(ahead))


def transition(start: State, end: State, highest: int) -> tuple[int, ...] | None:
    """Give the fewest throws that lead from one state to another, the lowest of equally short ones; None if none do."""
    came: dict[State, tuple[State, int] | None] = {start: None}
    waiting = deque([start])
    while waiting:
        state = waiting.popleft()
        if state == end:
            return _way(came, end)
        for value in range(highest + 1):
            after = follow(state, value)
            if after is not None and after not in came and len(came) < MOST_STATES:
                came[after] = (state, value)
                waiting.append(after)
    return None


def _way(came: dict[State, tuple[State, int] | None], end: State) -> tuple[int, ...]:
    throws: list[int] = []
    step = came[end]
    while step is not None:
        state, value = step
        throws.append(value)
        step = came[state]
    return tuple(reversed(throws))


def _trimmed(state: State) -> State:
    end = len(state)
    while end and not state[end - 1]:
        end -= 1
    return state[:end]
