"""One calibration by clicks: the video, the pitch, the file that the points go into."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from sightline.analytics.pitch.jaccard import visible_polylines
from sightline.analytics.pitch.markings import markings_of
from sightline.analytics.pitch.points import observed_points
from sightline.analytics.pitch.solve import Solved, solve_camera
from sightline.core.errors import CalibrationError, SightlineError
from sightline.media.index import index_video
from sightline.media.thumbnails import thumbnail
from sightline.service.folder import write_json
from sightline.service.football.clicks.page import make_page

if TYPE_CHECKING:
    from pathlib import Path

    from sightline.analytics.football.match import PitchSize
    from sightline.analytics.pitch.observed import Observed

_JPEG_QUALITY = 92
_POOR = 0.5  # the football application's `min_pitch_quality`


class Clicks:
    """Shows a video's picture beside a plan, solves what is clicked, keeps it."""

    def __init__(self, video: Path, size: PitchSize, out: Path, *, at_s: float | None = None) -> None:
        """Look at the video.

        Args:
            video: The clip, of a camera that stands still.
            size: The pitch.
            out: The file of points; what it holds already for such a picture is taken up.
            at_s: Which picture to show, in the video's own seconds; None for one a tenth into it.

        Raises:
            MediaError: The video cannot be used.
        """
        index = index_video(video)
        first_s, length_s = float(index.time_s(0)), float(index.info.duration_s)
        self._video, self._size, self._out = video, size, out
        self._picture = index.info.size
        self._span_s = (first_s, first_s + length_s)
        self._at_s = first_s + length_s / 10 if at_s is None else at_s

    @property
    def out(self) -> Path:
        """The file of points."""
        return self._out

    def page(self, *, served: bool) -> str:
        """Give the page to click on.

        Raises:
            MediaError: The picture does not decode.
        """
        return make_page(
            self.frame(self._at_s),
            self._picture,
            self._size,
            pairs=self._earlier(),
            at_s=self._at_s,
            span_s=self._span_s,
            served=served,
        )

    def frame(self, t_s: float) -> bytes:
        """Give the picture of a moment as JPEG, at the video's own size.

        Raises:
            MediaError: It does not decode.
        """
        image = thumbnail(self._video, t_s, None)
        return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()

    def solve(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Give what comes of some points: the pitch's lines in the picture, each point's error, words.

        Args:
            data: As the file of points holds them.

        Returns:
            `lines`, `errors_px`, `quality`, `words`, `poor`; or `problem` where they fix no camera.
        """
        try:
            seen, solved = self._solved(data)
        except SightlineError as error:
            return {"problem": f"{error.message}; {error.hint}" if error.hint else error.message}
        off = np.linalg.norm(solved.camera.project(seen.points_m) - seen.points_px, axis=1)
        errors = [round(float(value), 2) if np.isfinite(value) else None for value in off]
        known = [value for value in errors if value is not None]
        poor = solved.quality < _POOR
        words = f"{len(errors)} points, largest error {max(known, default=0.0):.1f} px, quality {solved.quality:.2f}"
        more = ": too low to measure with, add points far from these" if poor else ""
        return {
            "lines": [
                line.round(1).tolist()
                for line in visible_polylines(
                    solved.camera, markings_of(self._size), size=self._picture
                ).values()
            ],
            "errors_px": errors,
            "quality": round(solved.quality, 4),
            "words": f"{words}{more}.",
            "poor": poor,
        }

    def keep(self, data: Mapping[str, Any]) -> Path:
        """Write the points into the file.

        Raises:
            CalibrationError: They fix no camera.
            OutputError: The file cannot be written.
        """
        self._solved(data)
        self._out.parent.mkdir(parents=True, exist_ok=True)
        points = [{"at": list(one["at"]), "point": str(one["point"])} for one in data["points"]]
        write_json(self._out, {"image_size": list(self._picture), "points": points})
        return self._out

    def _solved(self, data: Mapping[str, Any]) -> tuple[Observed, Solved]:
        if list(data.get("image_size", ())) != list(self._picture):
            raise CalibrationError("the points are of another picture", hint="load the page anew")
        seen = observed_points(data, self._size, name="the page")
        solved = solve_camera(seen, self._size)
        if solved is None:
            raise CalibrationError(
                "these points fix no camera", hint="click points that do not lie on one line"
            )
        return seen, solved

    def _earlier(self) -> list[Mapping[str, Any]]:
        """Give the named points that the file holds already for a picture of this size."""
        try:
            data = json.loads(self._out.read_text(encoding="utf-8"))
            seen = observed_points(data, self._size, name=str(self._out))
        except (OSError, ValueError, RecursionError, AttributeError, SightlineError):
            return []
        return [one for one in data["points"] if "point" in one] if seen.picture == self._picture else []
