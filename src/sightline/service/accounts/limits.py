"""How often one user, or one address, may ask."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from sightline.core.errors import RateLimitedError
from sightline.core.limits import Rate

if TYPE_CHECKING:
    from sightline.core.accounts import Principal
    from sightline.service.platform import Platform

_BURST_S = 15.0
"""How much of its pace somebody may use up at once, in seconds of it."""


class Pace(StrEnum):
    """What is counted apart."""

    READ = "read"
    CHANGE = "change"
    FRAME = "frame"
    PUBLIC = "public"
    LOGIN = "login"


def check_pace(platform: Platform, pace: Pace, who: Principal, *, more: str = "") -> None:
    """Count one request.

    Args:
        platform: Counts.
        pace: What kind of request.
        who: Whose; strangers are told apart by address.
        more: Tells apart what is to be counted apart as well, such as the name at a sign-in.

    Raises:
        RateLimitedError: There were too many.
    """
    settings = platform.settings
    per_min = {
        Pace.READ: settings.reads_per_min,
        Pace.CHANGE: settings.writes_per_min,
        Pace.FRAME: settings.frames_per_min,
        Pace.PUBLIC: settings.public_per_min,
        Pace.LOGIN: settings.logins_per_min,
    }[pace]
    if not per_min:
        return
    burst = per_min if pace is Pace.LOGIN else max(1, round(per_min * _BURST_S / 60))
    wait_s = platform.limits.take(
        f"{pace}:{who.user_id or who.address}:{more}", Rate(burst=burst, per_s=per_min / 60)
    )
    if wait_s > 0:
        raise RateLimitedError(
            f"too many requests ({pace})", hint=f"wait {wait_s:.0f} s", retry_after_s=wait_s
        )
