"""Makes `report.json`: numbers, each with its coverage and what it is worth.

Nothing in it depends on when, where or how often it was made: two runs give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.juggling.notation import juggling_lab_url, parse
from sightline.analytics.juggling.paths import Hand
from sightline.apps.juggling.write import finite, height_m, px_per_m
from sightline.reporting.facts import metric, number, source

if TYPE_CHECKING:
    from sightline.analytics.juggling.keepie_uppie import Keeping
    from sightline.analytics.juggling.paths import Guess, Juggle
    from sightline.apps.juggling.measure import Found
    from sightline.ports import ReportContext

FORMAT = 1
_CAUGHT = "caught"


def make_report(found: Found, context: ReportContext, figures: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Give `report.json` as plain data."""
    own = _toss(found, found.juggle) if found.juggle is not None else _kept_up(found, found.keeping)
    return {
        "app": "juggling",
        "format": FORMAT,
        "source": source(context, found.first_s, found.last_s),
        "mode": found.mode,
        "mode_chosen": found.chosen,
        **own,
        "figures": [dict(figure) for figure in figures],
        "ledger": dict(context.ledger),
        "provenance": dict(context.provenance),
    }


def _toss(found: Found, juggle: Juggle) -> dict[str, Any]:
    coverage = number(min(found.looked_at, juggle.coverage) if juggle.flights else found.looked_at, 4)
    seen = sum(throw.flight is not None for throw in juggle.throws)
    inferred = len(juggle.throws) - seen
    count = "Throws are flights that were seen and hand-to-hand passes that the pattern needs."
    return {
        "siteswap": juggle.siteswap,
        "siteswap_top3": _top3(juggle.guesses),
        "juggling_lab": juggling_lab_url(parse(juggle.siteswap)) if juggle.siteswap else None,
        "balls": metric(juggle.balls, "balls", coverage, "In the air and in the hands at once."),
        "throws": metric(len(juggle.throws), "throws", coverage, count, seen=seen, inferred=inferred),
        "catches": metric(len(juggle.catches), "catches", coverage, "Flights that came to a hand."),
        "drops": metric(len(juggle.drops), "drops", coverage, "Balls that fell past the hands."),
        "drops_at_s": [number(drop.t_s - found.first_s) for drop in juggle.drops],
        "longest_run": metric(
            juggle.longest_run, "catches", coverage, "Most catches in a row without a drop or a pause."
        ),
        "beats_per_s": metric(
            number(juggle.beats_per_s), "1/s", coverage, "Throwing opportunities of both hands together."
        ),
        "dwell_ratio": metric(
            number(juggle.dwell_ratio), "", coverage, "Share of a hand's cycle that it holds a ball."
        ),
        "hands": "juggler" if found.own_hands else "picture",
        **_form(juggle, coverage),
        "spans": _spans(found, juggle),
        "list": _throws(found, juggle),
        "camera": {
            "gravity_px_s2": number(juggle.gravity_px_s2, 1),
            "px_per_m": number(px_per_m(juggle), 1),
            "roll_deg": number(juggle.roll_deg, 2),
            "note": "The scale holds at the juggler's distance, if gravity is 9.81 m/s2.",
        },
        "notes": _notes(found, juggle),
    }


def _top3(guesses: Sequence[Guess]) -> list[dict[str, Any]]:
    return [{"siteswap": guess.siteswap, "confidence": number(guess.confidence, 4)} for guess in guesses]


def _spans(found: Found, juggle: Juggle) -> list[dict[str, Any]]:
    """Patterns along the clip, times from its first frame on."""
    return [
        {
            "start_s": number(span.start_t_s - found.first_s),
            "end_s": number(span.end_t_s - found.first_s),
            "siteswap": span.siteswap,
            "balls": span.balls,
            "throws": span.throws,
            "top3": _top3(span.guesses),
        }
        for span in juggle.spans
    ]


def _throws(found: Found, juggle: Juggle) -> list[dict[str, Any]]:
    """Throw by throw, times from the clip's first frame on."""
    return [
        {
            "t_s": number(throw.t_s - found.first_s),
            "hand": str(throw.hand),
            "catch_hand": None if throw.catch_hand is None else str(throw.catch_hand),
            "ball": throw.ball_id,
            "flight_s": number(None if throw.catch_t_s is None else throw.catch_t_s - throw.t_s),
            "height_m": number(height_m(throw, juggle)),
            "value": throw.value,
            "outcome": throw.outcome,
            "confidence": number(throw.confidence),
        }
        for throw in juggle.throws
    ]


def _form(juggle: Juggle, coverage: float | None) -> dict[str, Any]:
    """Heights of each hand and how alike the hands are."""
    by_hand = {
        hand: finite(
            height_m(throw, juggle)
            for throw in juggle.throws
            if throw.hand is hand and throw.outcome == _CAUGHT
        )
        for hand in Hand
    }
    heights = np.concatenate(list(by_hand.values()))
    means = [float(values.mean()) if len(values) >= 2 else None for values in by_hand.values()]
    alike = None
    known = [mean for mean in means if mean is not None]
    if len(known) == len(means) and max(known) > 0:
        alike = min(known) / max(known)
    return {
        "height": {
            **metric(
                number(float(np.median(heights)) if len(heights) else None),
                "m",
                coverage,
                "Median rise of a throw above the hand that threw it.",
                throws=len(heights),
                spread_m=number(float(heights.std()) if len(heights) > 1 else None),
            ),
            "left_m": number(means[0]),
            "right_m": number(means[1]),
        },
        "symmetry": metric(
            number(alike),
            "",
            coverage,
            "Lower hand's mean height by the higher hand's: 1 where both throw alike; a pattern may ask for less.",
        ),
    }


def _notes(found: Found, juggle: Juggle) -> list[str]:
    notes = list(juggle.notes)
    if not juggle.flights:
        notes.append("No ball was seen to fly.")
    if found.looked_at < 0.999:
        notes.append(f"{100 * (1 - found.looked_at):.0f} % of the frames were not looked at.")
    return notes


def _kept_up(found: Found, keeping: Keeping | None) -> dict[str, Any]:
    if keeping is None:
        raise ValueError("neither throws nor touches were looked for")
    touches = [touch for touch in keeping.touches if touch.kind == "touch"]
    coverage = number(min(found.looked_at, keeping.coverage), 4)
    parts: dict[str, int] = {}
    for touch in touches:
        part = touch.body_part or "unknown"
        parts[part] = parts.get(part, 0) + 1
    return {
        "touches": {
            **metric(
                len(touches),
                "touches",
                coverage,
                "Changes of the ball's way that gravity cannot make, bounces off the ground left out.",
                estimated_parts=sum(touch.estimated for touch in touches),
            ),
            "by_body_part": dict(sorted(parts.items())),
        },
        "bounces": metric(len(keeping.touches) - len(touches), "bounces", coverage, "Off the ground."),
        "drops": metric(len(keeping.drops), "drops", coverage, "A row of touches that ended on the ground."),
        "longest_run": metric(keeping.longest_streak, "touches", coverage, "Most touches in a row."),
        "list": [
            {
                "t_s": number(touch.t_s - found.first_s),
                "kind": touch.kind,
                "body_part": touch.body_part,
                "side": touch.side,
                "estimated": touch.estimated,
                "streak": touch.streak,
                "confidence": number(touch.confidence),
            }
            for touch in keeping.touches
        ],
        "notes": list(keeping.notes),
    }
