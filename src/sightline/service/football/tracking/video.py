"""A video of the match that tracking data are of: when its periods begin in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.core.errors import SettingsError
from sightline.media.probe import probe
from sightline.service.clips import Footage
from sightline.service.folder import sha256_of

if TYPE_CHECKING:
    from sightline.analytics.football.match import Match


@dataclass(frozen=True, slots=True)
class MatchVideo:
    """A video, and the second of it in which each period begins.

    Attributes:
        path: The file.
        kick_offs_s: In its own seconds, one for each period in order; those of periods that it does not show are
            left out at the end.
    """

    path: Path
    kick_offs_s: Sequence[float] = (0.0,)

    def __post_init__(self) -> None:
        info = probe(self.path)
        if not self.kick_offs_s or any(
            not 0 <= start_s < float(info.duration_s) for start_s in self.kick_offs_s
        ):
            raise SettingsError(
                f"a period begins outside of {self.path.name}, which lasts {float(info.duration_s):.1f} s",
                hint="give the second of the video in which each period kicks off",
            )
        if any(later <= earlier for earlier, later in pairwise(self.kick_offs_s)):
            raise SettingsError(
                "a period begins before the one that comes first",
                hint="give the kick-offs in the order of the periods",
            )

    def facts(self) -> dict[str, Any]:
        """Give what provenance says of it."""
        return {
            "video": {
                "name": self.path.name,
                "sha256": sha256_of(self.path),
                "kick_offs_s": list(self.kick_offs_s),
            }
        }

    def footage(self, match: Match) -> Footage:
        """Give it as what clips of a match are cut from.

        Raises:
            SettingsError: There are more kick-offs than periods.
        """
        if len(self.kick_offs_s) > len(match.periods):
            raise SettingsError(
                f"{len(self.kick_offs_s)} kick-offs are given, the match has {len(match.periods)} period"
                f"{'s' if len(match.periods) > 1 else ''}",
                hint="give one --kick-off for each period",
            )
        return Footage(self.path, lambda clip: self._place(clip, match))

    def _place(self, clip: Mapping[str, Any], match: Match) -> Mapping[str, Any] | None:
        """Give a clip in the video's own seconds; None where its best moment is in a period that it does not show."""
        for period, kick_off_s in zip(match.periods, self.kick_offs_s, strict=False):
            began_s, ended_s = float(match.t_s[period.start]), float(match.t_s[period.stop - 1])
            if period.stop > period.start and began_s <= clip["picture_s"] <= ended_s:
                shift_s = kick_off_s - began_s
                times = ("start_s", "stop_s", "picture_s")
                return {**clip, **{name: max(0.0, clip[name] + shift_s) for name in times}}
        return None
