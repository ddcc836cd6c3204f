"""What makes a touch, a pass, a shot or a stoppage: every threshold, with its unit."""

from __future__ import annotations

from dataclasses import dataclass, fields

from sightline.analytics.ball.space.limits import FASTEST_MPS
from sightline.core.errors import SettingsError


@dataclass(frozen=True, slots=True)
class EventSettings:
    """Thresholds of the rules; `docs/football/events.md` says what each does.

    Attributes:
        max_gap_s: Longest stretch without a ball that is filled before events are looked for.
        kick_mps: Least change of the ball's velocity that counts as a touch.
        reach_m: How far from a player's position the ball may be when he touches it.
        head_height_m: Above this nobody but a keeper's hands reaches the ball.
        window_s: Length of the line fits before and after a touch; grows with the noise of the ball.
        separation_s: Touches closer than this are one.
        hysteresis_s: A team that has the ball for less, between two spells of the other, never had it.
        min_pass_m: Shortest way of the ball from one player to the next that is a pass.
        min_release_mps: Least speed of the ball as a pass leaves.
        fastest_mps: What moves faster is no ball that somebody kicked but two things taken for one.
        deflection_m: A first touch off an opponent's ball that goes no further than this, back to an opponent, is a
            deflection and no pass.
        high_m: A pass whose ball rises above this is high.
        long_m: A pass at least this long is a long one.
        loose_s: After so long without a touch nobody has the ball.
        carry_m: Two touches of one player further apart than this are not one carry.
        out_margin_m: How far past a line the ball's centre must be to be out.
        still_mps: Below this the ball lies still.
        still_s: A ball that lies still in the field for longer has been stopped by the referee.
        hold_s: A ball held in an outfield player's hands for longer has been stopped.
        restart_quiet_s: For so long the ball must lie still or be held before a restart.
        restart_spot_m: How far from its place in the laws a restart may be taken.
        shot_range_m: Furthest from the goal that a shot is looked for.
        shot_mps: Least speed of a shot.
        goal_margin_m: How far beside the goal a ball may be heading and still be meant for it.
        close_range_m: From nearer than this a ball played over the goal line counts as a shot wherever it goes.
        confirm_goal_s: Within so long of a goal the ball must be back on the centre spot to confirm it.
        duel_m: Two opponents both nearer to the ball than this, as it is touched, are in a duel.
        offside_error_m: Standard error of a player's position along the pitch.
        offside_sure: Least probability at which an offside decision is given; below, it abstains.
    """

    max_gap_s: float = 1.0
    kick_mps: float = 2.5
    reach_m: float = 2.0
    head_height_m: float = 2.8
    window_s: float = 0.16
    separation_s: float = 0.12
    hysteresis_s: float = 0.4
    min_pass_m: float = 3.0
    min_release_mps: float = 3.0
    fastest_mps: float = FASTEST_MPS
    deflection_m: float = 6.0
    high_m: float = 2.0
    long_m: float = 30.0
    loose_s: float = 8.0
    carry_m: float = 25.0
    out_margin_m: float = 0.15
    still_mps: float = 0.7
    still_s: float = 5.0
    hold_s: float = 1.2
    restart_quiet_s: float = 0.6
    restart_spot_m: float = 3.0
    shot_range_m: float = 35.0
    shot_mps: float = 9.0
    goal_margin_m: float = 2.5
    close_range_m: float = 16.5
    confirm_goal_s: float = 90.0
    duel_m: float = 1.2
    offside_error_m: float = 0.3
    offside_sure: float = 0.9

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0.0 <= value < 1000.0:
                raise SettingsError(
                    f"{field.name} is {value:g}", hint="thresholds are not negative and below 1000"
                )
        if not 0.5 < self.offside_sure < 1.0:
            raise SettingsError("offside_sure must lie between 0.5 and 1", hint="0.9 is usual")
