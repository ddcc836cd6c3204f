"""What a hazard is: the four classes of the RDD data sets, and a crack of which no more is known."""

from __future__ import annotations

from enum import StrEnum


class HazardKind(StrEnum):
    """A kind of road damage.

    `D00`: longitudinal crack. `D10`: transverse crack. `D20`: alligator crack. `D40`: pothole. `CRACK`: a crack
    whose direction the model does not tell.
    """

    D00 = "D00"
    D10 = "D10"
    D20 = "D20"
    D40 = "D40"
    CRACK = "crack"

    @property
    def family(self) -> str:
        """`crack` or `pothole`: what two sightings of one hazard agree on when its class wavers."""
        return "pothole" if self is HazardKind.D40 else "crack"

    @property
    def words(self) -> str:
        """Its name in plain words."""
        return _WORDS[self]


_WORDS = {
    HazardKind.D00: "longitudinal crack",
    HazardKind.D10: "transverse crack",
    HazardKind.D20: "alligator crack",
    HazardKind.D40: "pothole",
    HazardKind.CRACK: "crack",
}

_NAMES = {
    "d00": HazardKind.D00,
    "longitudinal": HazardKind.D00,
    "longitudinal crack": HazardKind.D00,
    "linear crack": HazardKind.D00,
    "d10": HazardKind.D10,
    "transverse": HazardKind.D10,
    "transverse crack": HazardKind.D10,
    "lateral crack": HazardKind.D10,
    "d20": HazardKind.D20,
    "alligator": HazardKind.D20,
    "alligator crack": HazardKind.D20,
    "fatigue crack": HazardKind.D20,
    "d40": HazardKind.D40,
    "pothole": HazardKind.D40,
    "potholes": HazardKind.D40,
    "crack": HazardKind.CRACK,
    "cracks": HazardKind.CRACK,
}


def kind_of(class_name: str) -> HazardKind | None:
    """Give the kind that a model's class name means; None for anything that is not a hazard.

    Example:
        >>> kind_of("Alligator_Crack")
        <HazardKind.D20: 'D20'>
        >>> kind_of("car") is None
        True
    """
    return _NAMES.get(" ".join(class_name.lower().replace("_", " ").replace("-", " ").split()))
