"""Which parts of a video are worth watching: windows around what happened, ranked, none overlapping another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sightline.core.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened.

    Attributes:
        t_s: When, on the source's clock.
        end_t_s: When it was over, >= `t_s`.
        kind: As in `goal`.
        worth: How much it is worth watching, > 0; times confidence where that is known.
        title: One line for people.
        team: Whose it is, as in `home`; None where that is nobody's.
    """

    t_s: float
    end_t_s: float
    kind: str
    worth: float
    title: str
    team: str | None = None


@dataclass(frozen=True, slots=True)
class WindowRules:
    """How windows are cut and how many are kept.

    Attributes:
        before_s: Lead-in.
        after_s: Lead-out.
        longest_s: No window that joins moments is longer.
        most: Most windows.
        echo: Share of its worth that a window's other moments add to the best one's; never more than that share
            of the best, so that no heap of small things outranks a goal.
    """

    before_s: float = 6.0
    after_s: float = 4.0
    longest_s: float = 30.0
    most: int = 10
    echo: float = 0.25

    def __post_init__(self) -> None:
        if min(self.before_s, self.after_s, self.echo) < 0 or self.longest_s <= 0 or self.most < 0:
            raise SettingsError("a highlight's lengths cannot be negative", hint="give seconds of 0 or more")


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the video.

    Attributes:
        rank: 1 is the best.
        start_s: On the source's clock.
        stop_s: Later than that.
        score: What its moments are worth together.
        moments: In order of time, at least one.
        best: The one that the window is about.
    """

    rank: int
    start_s: float
    stop_s: float
    score: float
    moments: tuple[Moment, ...]
    best: Moment


def rank_windows(
    moments: Sequence[Moment], *, start_s: float, stop_s: float, rules: WindowRules | None = None
) -> tuple[Window, ...]:
    """Give the windows most worth watching, best first.

    Moments whose windows touch are one window, unless it would be too long; then the better one keeps the time.

    Args:
        moments: In any order.
        start_s: Where the video begins.
        stop_s: Where it ends; no window goes beyond.
        rules: How windows are cut.
    """
    rules = rules or WindowRules()
    groups: list[list[Moment]] = []
    for moment in sorted(moments, key=_order):
        if not start_s <= moment.t_s <= stop_s:
            continue
        if groups and _fits(groups[-1], moment, rules):
            groups[-1].append(moment)
        else:
            groups.append([moment])
    windows = [_window(group, start_s, stop_s, rules) for group in groups]
    kept: list[Window] = []
    for window in sorted(windows, key=lambda one: (-one.score, one.start_s)):
        free = all(window.start_s >= other.stop_s or window.stop_s <= other.start_s for other in kept)
        if free and len(kept) < rules.most:
            kept.append(window)
    return tuple(
        Window(rank, one.start_s, one.stop_s, one.score, one.moments, one.best)
        for rank, one in enumerate(kept, start=1)
    )


def _order(moment: Moment) -> tuple[float, str, str]:
    return moment.t_s, moment.kind, moment.title


def _fits(group: Sequence[Moment], moment: Moment, rules: WindowRules) -> bool:
    stop_s = max(one.end_t_s for one in group) + rules.after_s
    whole_s = max(moment.end_t_s, stop_s - rules.after_s) + rules.after_s - (group[0].t_s - rules.before_s)
    return moment.t_s - rules.before_s <= stop_s and whole_s <= rules.longest_s


def _window(group: Sequence[Moment], start_s: float, stop_s: float, rules: WindowRules) -> Window:
    best = max(group, key=lambda one: (one.worth, -one.t_s))
    echo = rules.echo * min(sum(one.worth for one in group) - best.worth, best.worth)
    return Window(
        0,
        max(start_s, group[0].t_s - rules.before_s),
        min(stop_s, max(one.end_t_s for one in group) + rules.after_s),
        round(best.worth + echo, 6),
        tuple(group),
        best,
    )
