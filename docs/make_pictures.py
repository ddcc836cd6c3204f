"""Makes the pictures of the README and of the people page from the demo: `python docs/make_pictures.py [--demo DIR]`."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

import cv2

from sightline.media.thumbnails import contact_sheet, thumbnail

PICTURES = Path(__file__).parent / "pictures"
AT_S = 12.0


def make(demo: Path) -> None:
    """Take a frame of the annotated video, moments from all over it, and a figure of the report."""
    results = demo / "results"
    video, packed = results / "annotated.mp4", [cv2.IMWRITE_JPEG_QUALITY, 88]
    cv2.imwrite(str(PICTURES / "annotated.jpg"), thumbnail(video, AT_S, 360), packed)
    cv2.imwrite(str(PICTURES / "moments.jpg"), contact_sheet(video, 2, 3, 960), packed)
    shutil.copyfile(results / "figures" / "heatmap.svg", PICTURES / "heatmap.svg")


def main() -> None:
    """Run the demo where no finished one is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demo", type=Path, help="folder of a finished `sightline demo`")
    given = parser.parse_args()
    if given.demo is not None:
        make(given.demo)
        return
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["sightline", "demo", "--out", folder], check=True)
        make(Path(folder))


if __name__ == "__main__":
    main()
