"""Draws where a labelled team of the StatsBomb samples stood: `python docs/football/make_formation_picture.py DATA`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from matplotlib.figure import Figure
from mplsoccer import VerticalPitch

from sightline.service.football.evaluate.formation import phase_places

LINES = {"Center Back": "#e0a030", "Wing Back": "#e0503c", "Center Midfield": "#3c78dc", "Forward": "#78aa50"}
SHORT = {"Center Back": "CB", "Wing Back": "WB", "Center Midfield": "CM", "Forward": "CF"}


def main() -> None:
    """Draw Girona, whose label is 3-2-3-2, with the ball and without it."""
    events = json.loads(
        (Path(sys.argv[1]) / "football" / "formats" / "statsbomb_15986_event.json").read_bytes()
    )
    eleven = next(one for one in events[:2] if one["team"]["name"] == "Girona")
    roles = [one["position"]["name"] for one in eleven["tactics"]["lineup"]][1:]
    places = phase_places(events, eleven)
    figure = Figure(figsize=(8.4, 6.4), layout="constrained")
    pitch = VerticalPitch(pitch_type="custom", pitch_length=105, pitch_width=68, line_color="#b0b8b4")
    for axis, (phase, words) in zip(
        figure.subplots(1, 2),
        (("in_possession", "with the ball"), ("out_of_possession", "without it")),
        strict=True,
    ):
        pitch.draw(ax=axis)
        for kind, color in LINES.items():
            mine = [
                place
                for role, place in zip(roles, places[phase].tolist(), strict=True)
                if role.endswith(kind)
            ]
            x, y = zip(*((x + 52.5, 34 + y) for x, y in mine), strict=True)
            pitch.scatter(x, y, ax=axis, s=230, color=color, zorder=3)
            for one in zip(x, y, strict=True):
                pitch.annotate(
                    SHORT[kind], one, ax=axis, ha="center", va="center", color="white", fontsize=8, zorder=4
                )
            middle = sum(x) / len(x)
            pitch.lines(middle, 2, middle, 66, ax=axis, color=color, lw=1.2, linestyle="--", zorder=2)
        axis.set_title(f"Girona {words}; dashed: the mean of each line", fontsize=9)
    figure.savefig(
        Path(__file__).parent / "formation_girona.png",
        dpi=90,
        metadata={"Software": None},
        facecolor="white",
        bbox_inches="tight",
    )


if __name__ == "__main__":
    main()
