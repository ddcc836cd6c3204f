"""Siteswap: reading it, judging it, writing it.

Known are asynchronous patterns (`531`), multiplex (`[43]1421`), synchronous (`(6x,4)*`, `!` for a short beat), values as
digits, letters (a = 10) or `{12}`. Passing is recognised and refused: it needs more than two hands.

Source:
    Buhler, Eisenbud, Graham & Wright, Juggling drops and descents, Am. Math. Monthly 101, 1994 (permutation and
    average rules); the notation as in Juggling Lab's grammar.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

from sightline.core.errors import NotationError

LEFT, RIGHT = 0, 1
_TOKEN = re.compile(r"\{(\d{1,3})\}|([0-9a-oq-z])")
_HINT = "as in 531, [43]1421 or (6x,4)*; values 0-9, a-z without p, {25}"
LONGEST = 200


@dataclass(frozen=True, slots=True, order=True)
class Toss:
    """One throw: its value in beats, and whether it crosses where the notation must say so (`x`)."""

    value: int
    crossing: bool = False


Tosses = tuple[Toss, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """What happens on one beat (asynchronous) or one pair of hands (synchronous).

    Attributes:
        left: Tosses of the left hand, or of whichever hand's turn it is.
        right: Tosses of the right hand; empty in an asynchronous pattern.
        beats: Beats until the next moment: 1 asynchronous, 2 synchronous, 1 after `!`.
    """

    left: Tosses
    right: Tosses = ()
    beats: int = 1

    def mirrored(self) -> Moment:
        """Give the same with hands swapped."""
        return Moment(self.right, self.left, self.beats)

    def key(self) -> tuple[Tosses, Tosses, int]:
        """What moments are ordered by."""
        return (self.left, self.right, self.beats)


@dataclass(frozen=True, slots=True)
class Landing:
    """A toss on the beats of a whole cycle: `hand` throws at `beat`, `target` catches `value` beats later."""

    beat: int
    hand: int
    value: int
    target: int


@dataclass(frozen=True)
class Siteswap:
    """A pattern as it was written, valid or not.

    Attributes:
        moments: In order; a trailing `*` is written out.
        synchronous: Whether both hands throw at once.
    """

    moments: tuple[Moment, ...]
    synchronous: bool = False

    @cached_property
    def period(self) -> int:
        """Beats until the notation starts again; a hand may then be the other one."""
        return sum(moment.beats for moment in self.moments)

    @cached_property
    def cycle(self) -> int:
        """Beats until the same hand does the same again."""
        return self.period if self.synchronous or self.period % 2 == 0 else 2 * self.period

    @cached_property
    def multiplex(self) -> bool:
        """Whether a hand throws more than one ball at once."""
        return any(len(hand) > 1 for moment in self.moments for hand in (moment.left, moment.right))

    @cached_property
    def values(self) -> tuple[int, ...]:
        """All values in order, hand by hand."""
        return tuple(toss.value for moment in self.moments for toss in moment.left + moment.right)

    @cached_property
    def average(self) -> float:
        """Balls by the average rule; not whole where the pattern is not valid."""
        return sum(self.values) / self.period

    @cached_property
    def landings(self) -> tuple[Landing, ...]:
        """Every toss of one cycle, zeros left out."""
        found: list[Landing] = []
        beat = 0
        while beat < self.cycle:
            for moment in self.moments:
                for side, tosses in enumerate((moment.left, moment.right)):
                    hand = side if self.synchronous else beat % 2
                    for toss in tosses:
                        crosses = toss.crossing if self.synchronous else toss.value % 2 == 1
                        if toss.value:
                            found.append(Landing(beat, hand, toss.value, hand ^ crosses))
                beat += moment.beats
        return tuple(found)

    def fault(self) -> str | None:
        """Say why the pattern cannot be juggled, or None where it can (the permutation test)."""
        leaving = Counter((toss.beat, toss.hand) for toss in self.landings)
        arriving = Counter(((toss.beat + toss.value) % self.cycle, toss.target) for toss in self.landings)
        for place in sorted(leaving.keys() | arriving.keys()):
            if leaving[place] == arriving[place]:
                continue
            beat, hand = place
            who = f" in the {'right' if hand else 'left'} hand" if self.synchronous else ""
            return f"{_balls(arriving[place])} land on beat {beat % self.period}{who}, {_balls(leaving[place])} leave"
        return None

    @property
    def valid(self) -> bool:
        """Whether it can be juggled."""
        return self.fault() is None

    @property
    def balls(self) -> int:
        """How many balls it takes.

        Raises:
            NotationError: The pattern is not valid.
        """
        fault = self.fault()
        if fault is not None:
            raise NotationError(f"{self} is not a siteswap: {fault}", hint=_HINT)
        return round(self.average)

    def canonical(self) -> Siteswap:
        """Give the shortest repeating part, turned so that it reads highest; `*` where hands swap."""
        moments = _primitive(tuple(_sorted(moment) for moment in self.moments))
        turns = [moments[turn:] + moments[:turn] for turn in range(len(moments))]
        if self.synchronous:
            turns += [tuple(moment.mirrored() for moment in turn) for turn in turns]
        best = max(turns, key=lambda turn: [moment.key() for moment in turn])
        return Siteswap(best, self.synchronous)

    def __str__(self) -> str:
        if not self.synchronous:
            return "".join(_hand(moment.left) for moment in self.moments)
        half, odd = divmod(len(self.moments), 2)
        mirrored = tuple(moment.mirrored() for moment in self.moments[:half])
        star = not odd and self.moments[half:] == mirrored
        shown = self.moments[:half] if star else self.moments
        text = "".join(
            f"({_hand(moment.left)},{_hand(moment.right)})" + ("!" if moment.beats == 1 else "")
            for moment in shown
        )
        return text + ("*" if star else "")


def parse(text: str) -> Siteswap:
    """Read a pattern; whether it is valid is `Siteswap.fault`'s to say.

    Raises:
        NotationError: It is not siteswap notation, or it is passing.

    Example:
        >>> parse("531").balls, str(parse("153").canonical())
        (3, '531')
    """
    plain = "".join(text.split())
    if not plain:
        raise NotationError("an empty pattern", hint=_HINT)
    if len(plain) > LONGEST:
        raise NotationError(
            f"a pattern of {len(plain)} characters, at most {LONGEST} are read",
            hint="give the part that repeats once",
        )
    if any(mark in plain for mark in "<>|p"):
        raise NotationError(
            f"{plain} is passing, which is not supported", hint="one juggler's pattern, " + _HINT
        )
    plain = plain.replace("X", "x")
    return _synchronous(plain) if "(" in plain else Siteswap(_asynchronous(plain))


def try_parse(text: str) -> Siteswap | None:
    """Read a pattern; None where the text is none or the pattern cannot be juggled."""
    try:
        pattern = parse(text)
    except NotationError:
        return None
    return pattern if pattern.valid else None


def canonical(text: str) -> str:
    """Give a valid pattern's canonical name.

    Raises:
        NotationError: It is not a valid pattern.
    """
    pattern = parse(text)
    _ = pattern.balls
    return str(pattern.canonical())


def symbol(value: int) -> str:
    """Write a value: a digit, a letter from a = 10, or in braces."""
    if value < 10:
        return str(value)
    letter = chr(ord("a") + value - 10)
    return letter if letter <= "z" and letter != "p" else f"{{{value}}}"


def juggling_lab_url(pattern: Siteswap) -> str:
    """Give a link that animates the pattern in Juggling Lab.

    Source:
        https://jugglinglab.org/html/animinfo.html: after the `?` come settings as `name=value`, parted by `;`.
    """
    return f"https://jugglinglab.org/anim?pattern={quote(str(pattern), safe='')}"


def juggling_lab_jml(pattern: Siteswap) -> str:
    """Give the pattern as a document that Juggling Lab opens: a list with one line.

    A `<pattern>` of its own would need every event written out; a line in siteswap is worked out when it is chosen.

    Source:
        `basic_solo.jml` and `JmlPatternList` of jkboyce/jugglinglab.
    """
    return (
        '<?xml version="1.0"?>\n'
        '<!DOCTYPE jml SYSTEM "file://jml.dtd">\n'
        '<jml version="3">\n<patternlist>\n'
        f"<title>{pattern}</title>\n"
        f'<line display="{pattern}" notation="siteswap">\npattern={pattern}\n</line>\n'
        "</patternlist>\n</jml>\n"
    )


def _balls(count: int) -> str:
    return f"{count} ball{'' if count == 1 else 's'}"


def _hand(tosses: Tosses) -> str:
    texts = [symbol(toss.value) + ("x" if toss.crossing else "") for toss in tosses]
    return texts[0] if len(texts) == 1 else f"[{''.join(texts)}]"


def _sorted(moment: Moment) -> Moment:
    return Moment(_tidy(moment.left), _tidy(moment.right), moment.beats)


def _tidy(tosses: Tosses) -> Tosses:
    """Highest first; zeros beside other tosses say nothing."""
    balls = tuple(sorted((toss for toss in tosses if toss.value), reverse=True))
    return balls or ((Toss(0),) if tosses else ())


def _primitive(moments: tuple[Moment, ...]) -> tuple[Moment, ...]:
    count = len(moments)
    for length in range(1, count):
        if count % length == 0 and moments == moments[:length] * (count // length):
            return moments[:length]
    return moments


def _value(text: str, at: int) -> tuple[int, int]:
    match = _TOKEN.match(text, at)
    if match is None:
        raise NotationError(f"{text[at]!r} at place {at + 1} of {text} is not a throw", hint=_HINT)
    braced, digit = match.groups()
    return int(braced) if braced else int(digit, 36), match.end()


def _tosses(text: str, at: int, *, crossing: bool) -> tuple[Tosses, int]:
    """Read one hand's tosses: a value, or values in brackets."""
    many = text.startswith("[", at)
    at += many
    found: list[Toss] = []
    while not found or (many and not text.startswith("]", at)):
        if at >= len(text):
            raise NotationError(f"{text} ends within a throw", hint=_HINT)
        value, at = _value(text, at)
        crosses = crossing and text.startswith("x", at)
        at += crosses
        found.append(Toss(value, crosses))
    return tuple(found), at + many


def _asynchronous(text: str) -> tuple[Moment, ...]:
    moments: list[Moment] = []
    at = 0
    while at < len(text):
        tosses, at = _tosses(text, at, crossing=False)
        moments.append(Moment(tosses))
    return tuple(moments)


def _synchronous(text: str) -> Siteswap:
    star = text.endswith("*")
    body = text[:-1] if star else text
    moments: list[Moment] = []
    at = 0
    while at < len(body):
        left, at = _tosses(body, _expect(body, at, "("), crossing=True)
        right, at = _tosses(body, _expect(body, at, ","), crossing=True)
        at = _expect(body, at, ")")
        short = body.startswith("!", at)
        at += short
        moments.append(Moment(left, right, 1 if short else 2))
    if star:
        moments += [moment.mirrored() for moment in moments]
    return Siteswap(tuple(moments), synchronous=True)


def _expect(text: str, at: int, mark: str) -> int:
    if not text.startswith(mark, at):
        raise NotationError(f"{text} needs {mark!r} at place {at + 1}", hint=_HINT)
    return at + 1
