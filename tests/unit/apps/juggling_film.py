"""Films of made-up jugglers: yellow balls before a grey wall with some grain, small and quick to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from sightline.analytics.juggling.notation import parse
from sightline.analytics.juggling.observe import Lens
from sightline.analytics.juggling.simulate import Juggler, Run, perform
from sightline.bootstrap import build_platform
from sightline.service.execute import execute
from sightline.service.results import Results
from sightline.service.submit import AnalyzeRequest, submit
from sightline.settings import Settings

RADIUS_M, TURNS = (
    0.039,
    {90: cv2.ROTATE_90_CLOCKWISE, -90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180},
)
_MARGIN_PX = 20


def wall(size: tuple[int, int]) -> np.ndarray:
    """Give the background, wider than the picture on each side by what a hand may shake."""
    rng = np.random.default_rng(1)
    grain = rng.normal(120, 12, (size[0] + 2 * _MARGIN_PX, size[1] + 2 * _MARGIN_PX, 1)) + np.zeros(3)
    return cv2.GaussianBlur(np.clip(grain, 0, 255).astype(np.uint8), (9, 9), 0)


def pictures(
    acts: Sequence[tuple[Any, Lens]],
    size: tuple[int, int],
    fps: float,
    *,
    seconds: float | None = None,
    shake_px: float = 0.0,
    paint: Callable[[np.ndarray, float], None] = lambda _image, _t_s: None,
) -> Iterator[np.ndarray]:
    """Draw performances, each through its lens, upright.

    Args:
        acts: Whose `balls_m(t_s)` are drawn.
        size: `(height, width)`.
        fps: Frames a second.
        seconds: Length; that of the longest performance by default.
        shake_px: How far a hand moves the camera, standard deviation.
        paint: Draws more into a picture, behind the balls.
    """
    rng = np.random.default_rng(2)
    back, sway = wall(size), np.zeros(2)
    seconds = seconds or max(performance.end_s for performance, _ in acts)
    for t_s in np.arange(int(seconds * fps)) / fps:
        keep = np.exp(-2.0 / fps)
        sway = keep * sway + shake_px * np.sqrt(1 - keep**2) * rng.normal(size=2)
        image = back.copy()
        inner = image[_MARGIN_PX:, _MARGIN_PX:]
        paint(inner, float(t_s))
        for performance, lens in acts:
            for x, y in lens.project(performance.balls_m(np.array([t_s]))[0]):
                if np.isfinite([x, y]).all():
                    radius = round(16 * RADIUS_M * lens.scale_px_per_m)
                    cv2.circle(
                        inner, (round(16 * x), round(16 * y)), radius, (40, 220, 240), -1, cv2.LINE_AA, 4
                    )
        move = np.float32([[1, 0, sway[0] - _MARGIN_PX], [0, 1, sway[1] - _MARGIN_PX]])
        yield cv2.warpAffine(image, move, size[::-1])


def film(
    path: Path, images: Iterable[np.ndarray], size: tuple[int, int], fps: int, *, rotation: int = 0
) -> Path:
    """Write a clip; with a rotation, as a phone does whose pictures need turning by so many degrees."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "crf": "18"})
        stream.height, stream.width = size[::-1] if abs(rotation) == 90 else size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        stream.codec_context.time_base = Fraction(1, fps)
        if rotation:
            stream.set_display_rotation(rotation)
        for number, image in enumerate(images):
            turned = cv2.rotate(image, TURNS[rotation]) if rotation else image
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(turned), format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def three_balls(path: Path) -> Path:
    """Write a cascade of three, 16 throws, 30 frames a second."""
    run = Run(parse("3"), 16)
    lens = Lens(scale_px_per_m=200.0, centre_px=(320.0, 190.0))
    performance = perform([run], Juggler(sway_m=0.0), np.random.default_rng(4))
    return film(path, pictures([(performance, lens)], (360, 640), 30), (360, 640), 30)


def report_of(video: Path, folder: Path) -> dict[str, Any]:
    """Analyse a clip without settings."""
    platform = build_platform(Settings(home=folder / "home"))
    request = AnalyzeRequest(video=video, app="juggling", out=folder / "out", annotate=False)
    execute(platform, submit(platform, request).id)
    return dict(Results(folder / "out").report)
