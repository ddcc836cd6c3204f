"""Cameras over a pitch: one moment's view, the real cameras of a file, and operators who follow the ball.

World axes are those of `Space.PITCH_M` with z up: x along the length, y away from the main stand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.core.errors import CalibrationError, SettingsError
from sightline.core.space import Homography, Space

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

NEAR_M = 1.0
"""Closest distance in front of a camera at which anything is drawn."""
KINDS = ("broadcast", "tactical", "phone")
_FLIP = np.diag([1.0, -1.0, -1.0])
"""From this module's axes to those of SoccerNet, whose y points to the main stand and whose z points down."""


@dataclass(frozen=True, slots=True)
class PinholeCamera:
    """A pinhole camera at one moment.

    Attributes:
        size: `(height, width)` of the picture in pixels.
        focal_px: Focal length; pixels are square.
        position_m: `(x, y, z)` of the optical centre.
        pan_deg: Turn to the right, seen from above; 0 looks along y.
        tilt_deg: Turn downwards from the horizontal.
        roll_deg: Clockwise turn of the camera about its own axis.
        centre_px: Principal point; None for the picture's middle.
    """

    size: tuple[int, int]
    focal_px: float
    position_m: tuple[float, float, float]
    pan_deg: float = 0.0
    tilt_deg: float = 0.0
    roll_deg: float = 0.0
    centre_px: tuple[float, float] | None = None

    @classmethod
    def from_soccernet(cls, camera: Mapping[str, Any], size: tuple[int, int]) -> PinholeCamera:
        """Give a camera of SoccerNet's JSON form, scaled to a picture of another `(height, width)`.

        Lens distortion is left out; the form's own picture is taken to be twice its principal point wide.

        Raises:
            CalibrationError: A field is missing or is not a number.
        """
        try:
            middle = [float(value) for value in camera["principal_point"]]
            scale = size[1] / (2 * middle[0] + 1)
            x_m, y_m, z_m = (float(value) for value in camera["position_meters"])
            return cls(
                size,
                float(camera["x_focal_length"]) * scale,
                (x_m, -y_m, -z_m),
                float(camera["pan_degrees"]),
                90.0 - float(camera["tilt_degrees"]),
                float(camera["roll_degrees"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise CalibrationError(
                f"not a camera of SoccerNet's form: {error}",
                hint="it has pan_degrees, tilt_degrees, roll_degrees, x_focal_length, principal_point and"
                " position_meters",
            ) from error

    def to_soccernet(self) -> dict[str, Any]:
        """Give the camera in SoccerNet's JSON form, for pictures of this size."""
        x_m, y_m, z_m = self.position_m
        return {
            "pan_degrees": self.pan_deg,
            "tilt_degrees": 90.0 - self.tilt_deg,
            "roll_degrees": self.roll_deg,
            "x_focal_length": self.focal_px,
            "y_focal_length": self.focal_px,
            "principal_point": [value - 0.5 for value in self.middle_px],
            "position_meters": [x_m, -y_m, -z_m],
            "rotation_matrix": (self.rotation() @ _FLIP).tolist(),
            "radial_distortion": [0.0] * 6,
            "tangential_distortion": [0.0] * 2,
            "thin_prism_distortion": [0.0] * 4,
        }

    @property
    def middle_px(self) -> tuple[float, float]:
        """The principal point."""
        return self.centre_px or (self.size[1] / 2, self.size[0] / 2)

    def rotation(self) -> Float64:
        """Give the `(3, 3)` turn from world axes to camera axes: x right, y down, z ahead."""
        (cp, ct, cr), (sp, st, sr) = (
            fn(np.deg2rad([self.pan_deg, self.tilt_deg, self.roll_deg])) for fn in (np.cos, np.sin)
        )
        turn = np.array([[cp, -sp, 0.0], [sp, cp, 0.0], [0.0, 0.0, 1.0]])
        down = np.array([[1.0, 0.0, 0.0], [0.0, -st, -ct], [0.0, ct, -st]])
        lean = np.array([[cr, sr, 0.0], [-sr, cr, 0.0], [0.0, 0.0, 1.0]])
        result: Float64 = lean @ down @ turn
        return result

    def matrix(self) -> Float64:
        """Give the `(3, 4)` projection from world metres to picture pixels."""
        return _matrix(self)

    def project(self, points_m: Float64) -> tuple[Float64, Float64]:
        """Give where world points `(..., 3)` appear: pixels `(..., 2)` and depths `(...)` in metres.

        Points nearer than `NEAR_M`, and those behind the camera, have NaN pixels.

        Source:
            Hartley & Zisserman, Multiple View Geometry, 2nd ed., section 6.1.
        """
        matrix = self.matrix()
        seen = np.asarray(points_m, np.float64) @ matrix[:, :3].T + matrix[:, 3]
        depths_m = seen[..., 2]
        near = depths_m < NEAR_M
        with np.errstate(divide="ignore", invalid="ignore"):
            points_px = seen[..., :2] / depths_m[..., None]
        points_px[near] = np.nan
        return points_px, depths_m

    def ground_to_image(self) -> Float64:
        """Give the `(3, 3)` matrix from `(x, y, 1)` on the ground to picture pixels."""
        return self.matrix()[:, [0, 1, 3]]

    def image_to_ground(self) -> Homography:
        """Give the map from picture pixels to the pitch; points above the horizon have no ground.

        Raises:
            CalibrationError: The camera lies on the ground.
        """
        ground = Homography(self.ground_to_image(), source=Space.PITCH_M, target=Space.IMAGE_PX)
        return ground.inverse()

    def turned(self, *, pan_deg: float = 0.0, tilt_deg: float = 0.0, zoom: float = 1.0) -> PinholeCamera:
        """Give the camera turned by so much more, its focal length multiplied by `zoom`."""
        return replace(
            self,
            pan_deg=self.pan_deg + pan_deg,
            tilt_deg=self.tilt_deg + tilt_deg,
            focal_px=self.focal_px * zoom,
        )

    def looking_at(self, place_m: Sequence[float]) -> PinholeCamera:
        """Give the camera turned until `(x, y, z)` lies on its axis."""
        ahead = np.asarray(place_m, np.float64) - self.position_m
        pan_deg = float(np.rad2deg(np.arctan2(ahead[0], ahead[1])))
        tilt_deg = float(np.rad2deg(np.arctan2(-ahead[2], np.hypot(ahead[0], ahead[1]))))
        return replace(self, pan_deg=pan_deg, tilt_deg=tilt_deg)


@lru_cache(maxsize=64)
def _matrix(camera: PinholeCamera) -> Float64:
    x_px, y_px = camera.middle_px
    inner = np.array([[camera.focal_px, 0.0, x_px], [0.0, camera.focal_px, y_px], [0.0, 0.0, 1.0]])
    turn = camera.rotation()
    result: Float64 = inner @ np.c_[turn, -turn @ np.array(camera.position_m)]
    result.setflags(write=False)
    return result


def read_cameras(path: Path, size: tuple[int, int]) -> tuple[PinholeCamera, ...]:
    """Read cameras in SoccerNet's JSON form: an object of them by name, or a list.

    Entries that are null (no camera was found) are left out.

    Raises:
        SettingsError: The file cannot be read or holds no camera.
        CalibrationError: An entry has another form.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"cannot read cameras from {path}: {error}", hint="a JSON file of cameras"
        ) from error
    entries = [data[name] for name in sorted(data)] if isinstance(data, dict) else list(data)
    cameras = tuple(PinholeCamera.from_soccernet(entry, size) for entry in entries if entry)
    if not cameras:
        raise SettingsError(f"{path} holds no camera", hint="an object of SoccerNet cameras by picture name")
    return cameras


@dataclass(frozen=True, slots=True)
class Operator:
    """Who holds the camera: where it stands and how it follows the ball.

    Attributes:
        kind: One of `KINDS`.
        position_m: Where the camera stands.
        focal_share: Focal length as a share of the picture's width when the ball is in midfield.
        zoom: How much closer it goes near a goal, as a share.
        lag_s: How long the operator takes to follow.
        reach: Share of the ball's way along the pitch and across it that the aim goes along with.
        shake_deg: Standard deviation of the hand's shake.
        roll_deg: How crooked the camera stands.
    """

    kind: str
    position_m: tuple[float, float, float]
    focal_share: float
    zoom: float
    lag_s: float
    reach: tuple[float, float]
    shake_deg: float
    roll_deg: float


def operator(
    kind: str, rng: np.random.Generator, *, pitch_m: tuple[float, float] = (105.0, 68.0)
) -> Operator:
    """Draw where a camera of a kind stands and how it is led.

    Raises:
        SettingsError: There is no such kind.
    """
    half_m = pitch_m[1] / 2
    if kind == "broadcast":
        place = (float(rng.normal(0, 2)), -half_m - float(rng.uniform(26, 44)), float(rng.uniform(13, 20)))
        return Operator(kind, place, float(rng.uniform(1.45, 2.1)), 0.35, 0.55, (0.92, 0.55), 0.012, float(rng.normal(0, 0.25)))  # fmt: skip
    if kind == "tactical":
        place = (float(rng.normal(0, 1)), -half_m - float(rng.uniform(28, 40)), float(rng.uniform(19, 27)))
        return Operator(kind, place, float(rng.uniform(0.82, 0.98)), 0.08, 1.6, (0.45, 0.2), 0.004, float(rng.normal(0, 0.2)))  # fmt: skip
    if kind == "phone":
        place = (
            float(rng.uniform(-14, 14)),
            -half_m - float(rng.uniform(5, 12)),
            float(rng.uniform(2.2, 6.0)),
        )
        return Operator(kind, place, float(rng.uniform(0.85, 1.25)), 0.15, 0.4, (0.95, 0.8), 0.16, float(rng.normal(0, 1.0)))  # fmt: skip
    raise SettingsError(f"no camera is called {kind!r}", hint=f"one of {', '.join(KINDS)}")


def follow(
    who: Operator, ball_m: Float64, *, rate_hz: float, size: tuple[int, int], seed: int, shake_px: float = 0.0
) -> tuple[PinholeCamera, ...]:
    """Give the camera of each frame as its operator follows the ball.

    The aim is the ball, drawn to the pitch's middle, smoothed forward and backward as by somebody who reads the
    game; the zoom goes in as the aim nears a goal.

    Args:
        who: The operator.
        ball_m: `(n, 3)` finite, one row per frame.
        rate_hz: Frames a second.
        size: `(height, width)` of the picture.
        seed: Chooses the shake.
        shake_px: Standard deviation of more shake, pixels.
    """
    aims = np.clip(ball_m[:, :2], (-56, -38), (56, 38)) * who.reach
    if who.kind != "phone":
        aims[:, 1] -= 4.0 if who.kind == "broadcast" else 2.0
    aims = _smoothed(aims, who.lag_s * rate_hz)
    away = np.abs(aims[:, 0]) / 52.5
    focals = who.focal_share * size[1] * (1 + who.zoom * (away**2 - 0.15))
    times_s = np.arange(len(aims)) / rate_hz
    turns = _shake(times_s, seed) * (who.shake_deg + np.rad2deg(shake_px / focals)[:, None])
    rest = PinholeCamera(size, 1.0, who.position_m, roll_deg=who.roll_deg)
    cameras = []
    for aim, focal_px, turn in zip(aims, focals, turns, strict=True):
        camera = rest.looking_at((float(aim[0]), float(aim[1]), 0.5))
        cameras.append(
            replace(
                camera,
                focal_px=float(focal_px),
                pan_deg=camera.pan_deg + float(turn[0]),
                tilt_deg=camera.tilt_deg + float(turn[1]),
                roll_deg=camera.roll_deg + 0.4 * float(turn[2]),
            )
        )
    return tuple(cameras)


def _smoothed(values: Float64, lag_frames: float) -> Float64:
    """Smooth `(n, k)` twice with a leaky average of that lag, once each way, so that nothing comes late."""
    keep = float(np.exp(-1.0 / max(lag_frames, 1e-6)))
    result = values.astype(np.float64).copy()
    for _ in range(2):
        for step in range(1, len(result)):
            result[step] = keep * result[step - 1] + (1 - keep) * result[step]
        result = result[::-1].copy()
    return result


def _shake(times_s: Float64, seed: int) -> Float64:
    """Give `(n, 3)` sums of five sines of unit variance, falling off with frequency."""
    rng = np.random.default_rng([seed, 0xCA3E])
    frequencies_hz = np.array([0.35, 0.8, 1.7, 3.3, 6.1]) * rng.uniform(0.85, 1.15, (3, 5))
    phases = rng.uniform(0.0, 2 * np.pi, (3, 5))
    weights = np.array([1.0, 0.7, 0.5, 0.3, 0.2])
    weights = weights * np.sqrt(2.0 / np.sum(weights**2))
    waves: Float64 = np.sin(2 * np.pi * frequencies_hz * times_s[:, None, None] + phases) @ weights
    return waves
