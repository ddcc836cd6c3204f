"""Read stored tables: `python examples/query_tables.py street.mp4`."""

import sys
import tempfile
from pathlib import Path

import duckdb

from sightline import analyze

BUSIEST = """
select floor(t_s) as second, count(distinct track_id) as tracks, avg(score) as mean_score
from tracks group by second order by tracks desc, second limit 3
"""

with tempfile.TemporaryDirectory() as folder:
    results = analyze(sys.argv[1], Path(folder) / "out", annotate=False)
    tracks = results.table("tracks", ["t_s", "track_id", "score"])
    print(f"{tracks.num_rows} rows, columns {tracks.column_names}")
    print(duckdb.sql(BUSIEST))
