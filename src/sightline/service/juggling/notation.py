"""What can be said of a siteswap, and a picture of it: a page that animates it, from the simulator's own numbers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.juggling.notation import juggling_lab_jml, juggling_lab_url, parse, symbol
from sightline.analytics.juggling.simulate import Juggler, Run, perform
from sightline.analytics.juggling.siteswap.states import ground, is_ground, states, transition
from sightline.core.errors import NotationError
from sightline.service.folder import whole

if TYPE_CHECKING:
    from pathlib import Path

    from sightline.analytics.juggling.notation import Siteswap

_RATE_HZ = 30.0


def describe(text: str) -> dict[str, Any]:
    """Say what a pattern is: valid or why not, balls, period, canonical form, kind, and a Juggling Lab link.

    Raises:
        NotationError: It is not siteswap notation, or passing.
    """
    pattern = parse(text)
    fault = pattern.fault()
    facts: dict[str, Any] = {
        "siteswap": str(pattern),
        "valid": fault is None,
        "fault": fault,
        "average": round(pattern.average, 4),
        "synchronous": pattern.synchronous,
        "multiplex": pattern.multiplex,
        "period": pattern.period,
    }
    if fault is not None:
        return facts
    best = pattern.canonical()
    facts |= {
        "balls": pattern.balls,
        "canonical": str(best),
        "excited": None if pattern.synchronous else not is_ground(pattern),
        "juggling_lab": juggling_lab_url(best),
    }
    return facts


def describe_states(text: str) -> dict[str, Any]:
    """Give a pattern's states, and the throws that lead to it from the ground state and back.

    Raises:
        NotationError: It is not a valid asynchronous pattern.
    """
    pattern = parse(text)
    found = states(pattern)
    start = ground(pattern.balls)
    highest = max(*pattern.values, pattern.balls + 1)
    rows = [
        {
            "beat": beat,
            "throw": str(type(pattern)((pattern.moments[beat],))),
            "state": "".join(symbol(count) for count in state) or "0",
            "ground": state == start,
        }
        for beat, state in enumerate(found)
    ]
    return {
        "siteswap": str(pattern),
        "excited": start not in found,
        "states": rows,
        "entry": _throws(transition(start, found[0], highest)),
        "exit": _throws(transition(found[0], start, highest)),
    }


def _throws(values: tuple[int, ...] | None) -> str | None:
    return None if values is None else "".join(symbol(value) for value in values)


def ladder(text: str, *, beats: int = 12) -> list[str]:
    """Draw a pattern as a ladder, a line per beat: the throwing hand's side, its value and where it lands.

    Raises:
        NotationError: It is not a valid pattern.
    """
    pattern = parse(text)
    _ = pattern.balls
    lines = []
    for beat in range(beats):
        sides = ["", ""]
        for toss in pattern.landings:
            if toss.beat == beat % pattern.cycle:
                mark = "x" if toss.hand != toss.target else "|"
                sides[toss.hand] += f"{symbol(toss.value)}{mark}"
        lines.append(f"{beat:>4}  L {sides[0] or '.':<8} R {sides[1] or '.'}")
    return lines


def animate(text: str, out: Path, *, seconds: float = 8.0) -> dict[str, Any]:
    """Write an animation of a pattern: a page of its own (`.html`), or Juggling Lab's notation (`.jml`).

    Raises:
        NotationError: It is not a valid pattern, or the file's kind is not known.
        OutputError: The file cannot be written.
    """
    pattern = parse(text)
    balls = pattern.balls
    if out.suffix not in {".html", ".jml"}:
        raise NotationError(f"{out.name} is not a kind of animation known here", hint="a .html or .jml file")
    with whole(out) as temporary:
        content = juggling_lab_jml(pattern) if out.suffix == ".jml" else _page(pattern, seconds)
        temporary.write_text(content, encoding="utf-8")
    return {"siteswap": str(pattern), "balls": balls, "file": str(out)}


def _page(pattern: Siteswap, seconds: float) -> str:
    """Make a page with the balls' places, frame by frame, and twenty lines that draw them."""
    highest = max(pattern.values)
    even = Juggler(
        beat_s=0.25 if highest <= 7 else 0.2,
        throw_noise_beats=0.0,
        dwell_noise_beats=0.0,
        aim_m=0.0,
        sway_m=0.0,
    )
    beats = int(seconds / even.beat_s)
    performance = perform([Run(pattern, beats, rest_s=0.2)], even, np.random.default_rng(0))
    t_s = np.arange(0.0, min(performance.end_s, seconds + 2), 1 / _RATE_HZ)
    balls, hands = performance.balls_m(t_s), performance.hands_m(t_s)
    top = float(balls[..., 1].max()) + 0.15
    data = json.dumps({"rate": _RATE_HZ, "top": round(top, 2), "balls": np.round(balls, 3).tolist(),
                       "hands": np.round(hands, 3).tolist()}, separators=(",", ":"))  # fmt: skip
    return _PAGE.replace("@NAME@", str(pattern)).replace("@DATA@", data)


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>@NAME@</title>
<style>body{margin:0;font:16px system-ui,sans-serif;background:#10141c;color:#e8ecf4;text-align:center}
h1{font-weight:600;margin:.6em 0 .2em}canvas{max-width:100%;height:80vh}</style></head>
<body><h1>@NAME@</h1><canvas id="c" width="640" height="800" aria-label="animation of @NAME@"></canvas>
<script>
const d=@DATA@,c=document.getElementById("c"),g=c.getContext("2d");
const low=.6,k=Math.min(c.height/(d.top-low),c.width/1.6);
const x=v=>c.width/2+v*k,y=v=>c.height-(v-low)*k;
const hues=d.balls[0].map((_,i)=>`hsl(${i*360/d.balls[0].length} 80% 62%)`);
function draw(now){
  const i=Math.floor(now/1000*d.rate)%d.balls.length;
  g.clearRect(0,0,c.width,c.height);
  g.strokeStyle="#8a94a6";g.lineWidth=5;
  for(const p of d.hands[i]){g.beginPath();g.arc(x(p[0]),y(p[1]-.04),.07*k,0,Math.PI);g.stroke()}
  d.balls[i].forEach((p,n)=>{g.fillStyle=hues[n];g.beginPath();g.arc(x(p[0]),y(p[1]),.035*k,0,7);g.fill()});
  requestAnimationFrame(draw);
}
requestAnimationFrame(draw);
</script></body></html>
"""
