"""Count who crosses the middle of the picture: `python examples/count_a_line.py street.mp4`."""

import sys
import tempfile
from pathlib import Path

from sightline import analyze

RULES = """
units: relative
lines:
  - {name: middle, start: [0.5, 0.0], end: [0.5, 1.0]}
"""

with tempfile.TemporaryDirectory() as folder:
    rules = Path(folder) / "rules.yaml"
    rules.write_text(RULES, encoding="utf-8")
    results = analyze(sys.argv[1], Path(folder) / "out", rules=rules, annotate=False)
    print(results.ledger)
    for event in results.table("events").to_pylist():
        print(
            f"{event['t_s']:.2f} s: {event['kind']} of {event['rule']} by {event['track_id']} ({event['quality']})"
        )
