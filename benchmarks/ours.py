"""Sightline on one clip, without annotation, measured like a peer: `ours.py [--runtime=onnx] VIDEO MODEL OUT.json`."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "peers"))

from meter import Meter


class Follower(Meter):
    """Reads the run's own progress events: how many frames are done, and when."""

    def __call__(self, event: Any) -> None:
        if event.stage == "analyze" and event.details.get("done"):
            self.reach(event.details["done"])


def main(video: str, model: str, out: str, runtime: str = "openvino") -> None:
    follower = Follower()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SIGHTLINE_HOME"] = str(Path(folder) / "home")
        os.environ["SIGHTLINE_RUNTIME"] = runtime
        from sightline.bootstrap import build_platform
        from sightline.service.execute import execute
        from sightline.service.results import Results
        from sightline.service.submit import AnalyzeRequest, submit
        from sightline.settings import read_settings

        platform = build_platform(read_settings())
        wanted = AnalyzeRequest(
            video=Path(video), out=Path(folder) / "out", model=model, min_score=0.1, annotate=False
        )
        run = execute(platform, submit(platform, wanted).id, listener=follower)
        follower.objects = Results(Path(run.folder)).tables.rows("tracks")
        follower.write(out, f"sightline ({runtime})")


if __name__ == "__main__":
    chosen = [part.partition("=")[2] for part in sys.argv[1:] if part.startswith("--runtime=")]
    main(*[part for part in sys.argv[1:] if not part.startswith("--runtime=")], *chosen)
