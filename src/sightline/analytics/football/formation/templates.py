"""Where the players of each common formation stand: roles with coordinates of our own.

A formation is its lines from the back, a line is a list of roles. Lines stand at even distances from the back one (0)
to the front one (1); a role says how far to the left of the middle somebody stands (1 is the widest anybody does) and
how much higher than his line. Coordinates have no unit: they are stretched to the team they are compared with (see
`fit`).

Source:
    Names of the roles, and which roles a formation's name stands for: the 25 positions of StatsBomb's open data
    specification (as in `kloppy.domain.PositionType`). The coordinates are ours: no provider
    publishes measured ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

# Role -> (how much further up than its line, width); the left one of a pair, whose right one mirrors it.
_PAIRS = {
    "B": (0.08, 0.90),  # full-backs beside two centre-backs
    "CB": (0.0, 0.30),
    "OCB": (0.0, 0.50),  # outer centre-backs of three
    "WB": (0.0, 1.0),  # wing-backs in front of a back three
    "LWB": (0.10, 1.0),  # wing-backs in a back five
    "DM": (0.0, 0.30),
    "M": (0.0, 0.90),
    "CM": (0.0, 0.35),
    "OCM": (0.02, 0.50),  # outer centre midfielders of three
    "AM": (0.0, 0.40),
    "W": (0.0, 0.85),
    "F": (-0.15, 0.80),  # wingers beside a lone centre-forward
    "CF": (0.0, 0.25),
}
_PLAIN = {"OCB": "CB", "OCM": "CM", "LWB": "WB", "F": "W"}
_SINGLES = {"cb": 0.0, "dm": 0.0, "cm": -0.04, "am": 0.0, "cf": 0.0}

_FOUR, _THREE, _FIVE = "B CB |", "OCB cb |", "LWB OCB cb |"
_ROLES: dict[str, str] = {
    "4-4-2": f"{_FOUR} M CM | CF",
    "4-2-3-1": f"{_FOUR} DM | W am | cf",
    "4-3-3": f"{_FOUR} OCM cm | F cf",
    "4-1-4-1": f"{_FOUR} dm | M CM | cf",
    "4-4-1-1": f"{_FOUR} M CM | am | cf",
    "4-5-1": f"{_FOUR} M OCM cm | cf",
    "4-1-2-1-2": f"{_FOUR} dm | OCM | am | CF",
    "4-3-1-2": f"{_FOUR} OCM cm | am | CF",
    "4-3-2-1": f"{_FOUR} OCM cm | AM | cf",
    "4-2-2-2": f"{_FOUR} DM | AM | CF",
    "4-1-3-2": f"{_FOUR} dm | M am | CF",
    "4-1-2-2-1": f"{_FOUR} dm | OCM | W | cf",
    "4-2-4": f"{_FOUR} CM | F CF",
    "3-4-3": f"{_THREE} M CM | F cf",
    "3-4-2-1": f"{_THREE} M CM | AM | cf",
    "3-4-1-2": f"{_THREE} M CM | am | CF",
    "3-5-2": f"{_THREE} M OCM cm | CF",
    "3-1-4-2": f"{_THREE} dm | M CM | CF",
    "3-2-3-2": f"{_THREE} WB | OCM cm | CF",
    "5-3-2": f"{_FIVE} OCM cm | CF",
    "5-4-1": f"{_FIVE} M CM | cf",
    "5-2-3": f"{_FIVE} CM | F cf",
    "4-4-1": f"{_FOUR} M CM | cf",
    "4-3-2": f"{_FOUR} OCM cm | CF",
    "4-2-3": f"{_FOUR} CM | F cf",
    "4-2-2-1": f"{_FOUR} DM | AM | cf",
    "4-1-3-1": f"{_FOUR} dm | M am | cf",
    "3-4-2": f"{_THREE} M CM | CF",
    "3-5-1": f"{_THREE} M OCM cm | cf",
    "5-3-1": f"{_FIVE} OCM cm | cf",
    "5-2-2": f"{_FIVE} CM | CF",
    "4-3-1": f"{_FOUR} OCM cm | cf",
    "4-4-0": f"{_FOUR} M CM",
    "4-2-2": f"{_FOUR} CM | CF",
    "3-4-1": f"{_THREE} M CM | cf",
    "5-2-1": f"{_FIVE} CM | cf",
    "4-2-1": f"{_FOUR} CM | cf",
    "4-3-0": f"{_FOUR} OCM cm",
    "3-3-1": f"{_THREE} OCM cm | cf",
    "3-2-2": f"{_THREE} CM | CF",
}


@dataclass(frozen=True, slots=True)
class Template:
    """One formation's shape.

    Attributes:
        name: As in `4-2-3-1`.
        lines: Players in each line from the back.
        roles: `k` names of roles from the back, as in `LCB`, `RW`, `CF`.
        points: `(k, 2)` float64, depth and width (left is positive), centred.
        wide: `(k,)` float64, 1 for full-backs of a back four: how high those stand is style, not formation.
    """

    name: str
    lines: tuple[int, ...]
    roles: tuple[str, ...]
    points: Float64
    wide: Float64


@lru_cache(maxsize=16)
def templates(outfield: int) -> tuple[Template, ...]:
    """Give the templates for so many outfield players, 7 to 10; nothing for another number."""
    return tuple(one for one in map(template_of, _ROLES) if len(one.points) == outfield)


@lru_cache(maxsize=64)
def template_of(name: str) -> Template:
    """Give the template of a formation by its name.

    Example:
        >>> template_of("4-4-2").points.shape
        (10, 2)
    """
    words = [line.split() for line in _ROLES[name].split("|")]
    depths = np.linspace(0.0, 1.0, len(words)).tolist()
    places = [
        place
        for line, depth in zip(words, depths, strict=True)
        for word in line
        for place in _places(word, depth)
    ]
    points = np.array([point for _, point in places])
    roles = tuple(role for role, _ in places)
    wide = np.array([float(role in {"LB", "RB"}) for role in roles])
    lines = tuple(int(part) for part in name.split("-") if part != "0")
    return Template(name, lines, roles, points - points.mean(axis=0), wide)


@lru_cache(maxsize=64)
def spellings(name: str) -> tuple[str, ...]:
    """Give all names of a formation, this one among them, in the order of the templates.

    How high the wing-backs of a back three stand is style, as it is for the full-backs of a back four, but it has
    names of its own: the same ten men are a 3-5-2 with wing-backs up, a 5-3-2 with wing-backs down and a 3-2-3-2 between.

    Example:
        >>> spellings("5-3-2")
        ('3-5-2', '3-2-3-2', '5-3-2')
    """
    return tuple(other for other in _ROLES if _positions(other) == _positions(name))


@lru_cache(maxsize=64)
def _positions(name: str) -> tuple[str, ...]:
    """Give the sorted roles, with whoever has the wing of a back three to himself as a wing-back."""
    roles = template_of(name).roles
    back_three = {"LCB", "CB", "RCB"} <= set(roles)
    wings = {"LM": "LWB", "RM": "RWB"} if back_three and "LWB" not in roles else {}
    return tuple(sorted(wings.get(role, role) for role in roles))


def _places(word: str, depth: float) -> list[tuple[str, tuple[float, float]]]:
    if word in _SINGLES:
        return [(word.upper(), (depth + _SINGLES[word], 0.0))]
    up, width = _PAIRS[word]
    role = _PLAIN.get(word, word)
    return [(f"L{role}", (depth + up, width)), (f"R{role}", (depth + up, -width))]
