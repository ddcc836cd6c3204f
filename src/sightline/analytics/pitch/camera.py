"""A camera that looks at the pitch, and the JSON that SoccerNet keeps cameras in.

Angles are SoccerNet's, so that numbers can be compared: `pan_deg` 0 looks straight across the pitch from the main
stand (towards +y), positive to the right (+x); `tilt_deg` is measured from straight down, 90 is level;
`roll_deg` turns the picture. Pixels are those of the picture the camera was found in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.analytics.pitch.markings import from_soccernet, to_soccernet
from sightline.core.arrays import frozen
from sightline.core.errors import CalibrationError
from sightline.core.space import Homography, Space

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

SOCCERNET_SIZE = (540, 960)
"""`(height, width)` of the pictures that SoccerNet's camera files speak of."""

_NO_DISTORTION = (0.0,) * 6
_UNDISTORT_STEPS = 12
_LEAST_HEIGHT_M = 1e-3
_WIDEST_DEG = 80.0
_LEAST_GROUND = 8


@dataclass(frozen=True, slots=True)
class PitchCamera:
    """Where a camera stands, where it looks and how far it is zoomed in.

    Attributes:
        pan_deg: Turn about the vertical; 0 across the pitch, positive towards +x.
        tilt_deg: 90 is level, less looks down.
        roll_deg: Turn about the viewing axis.
        focal_px: Focal length in pixels; pixels are square.
        position_m: `(3,)` float64 in `Space.PITCH_M`, z up.
        principal_point_px: `(2,)` float64 where the viewing axis meets the picture.
        radial: Coefficients k1..k6 of OpenCV's rational model; zeros where the lens does not bend lines.
    """

    pan_deg: float
    tilt_deg: float
    roll_deg: float
    focal_px: float
    position_m: Float64
    principal_point_px: Float64
    radial: tuple[float, ...] = _NO_DISTORTION

    def __post_init__(self) -> None:
        object.__setattr__(self, "position_m", frozen("position_m", self.position_m, (3,), np.float64))
        principal = frozen("principal_point_px", self.principal_point_px, (2,), np.float64)
        object.__setattr__(self, "principal_point_px", principal)
        object.__setattr__(self, "radial", tuple(float(value) for value in self.radial))
        numbers = [self.pan_deg, self.tilt_deg, self.roll_deg, self.focal_px, *self.radial]
        if not (np.isfinite(numbers).all() and np.isfinite(self.position_m).all()):
            raise CalibrationError("a camera has a number that is not finite", hint="leave such cameras out")
        if self.focal_px <= 0 or len(self.radial) != len(_NO_DISTORTION):
            raise CalibrationError(
                f"a camera cannot have a focal length of {self.focal_px:g} px and {len(self.radial)} radial terms",
                hint="a focal length is positive, and there are six radial terms",
            )

    @property
    def rotation(self) -> Float64:
        """`(3, 3)` float64, pitch axes to camera axes (x right, y down, z ahead)."""
        return np.asarray(rotations(np.array([[self.pan_deg, self.tilt_deg, self.roll_deg]]))[0], np.float64)

    @property
    def calibration(self) -> Float64:
        """`(3, 3)` float64, the pinhole's matrix K."""
        x, y = self.principal_point_px
        return np.array([[self.focal_px, 0, x], [0, self.focal_px, y], [0, 0, 1]])

    @property
    def matrix(self) -> Float64:
        """`(3, 4)` float64, pitch points to undistorted pixels."""
        rotation = self.rotation
        return self.calibration @ np.column_stack([rotation, -rotation @ self.position_m])

    def homography(self) -> Homography:
        """Give the map from undistorted pixels to the ground.

        Raises:
            CalibrationError: The camera lies on the ground.
        """
        if abs(self.position_m[2]) < _LEAST_HEIGHT_M:
            raise CalibrationError("a camera on the ground sees no ground", hint="its height must not be 0")
        # K [r1 r2 t] gives depth * (x, y, 1); so the inverse's third coordinate is positive for what is ahead.
        inverse = np.linalg.inv(self.matrix[:, [0, 1, 3]]).astype(np.float64)
        return Homography(inverse, Space.IMAGE_PX, Space.PITCH_M)

    def fitted_homography(self, picture: tuple[int, int]) -> Homography:
        """Give the map from the picture's own pixels to the ground that comes nearest to this camera's.

        Without lens distortion that is `homography()`; with it, the plane map that agrees best, in pixels, over a
        picture of `(height, width)`.

        Raises:
            CalibrationError: The camera lies on the ground, or sees no ground.
        """
        if not any(self.radial):
            return self.homography()
        height, width = picture
        x, y = np.meshgrid(np.linspace(0, width - 1, 13), np.linspace(0, height - 1, 9))
        pixels = np.column_stack([x.ravel(), y.ravel()])
        straight = self.undistort(pixels)
        below = np.isfinite(self.homography().project(straight)).all(1)
        if below.sum() < _LEAST_GROUND:
            raise CalibrationError("the camera sees no ground", hint="leave such frames out")
        # An affine-plus-perspective map of the picture onto itself that undoes the distortion on average.
        return Homography(
            self.homography().matrix @ _plane_map(pixels[below], straight[below]),
            Space.IMAGE_PX,
            Space.PITCH_M,
        )

    def project(self, points_m: Float64) -> Float64:
        """Give where pitch points appear.

        Args:
            points_m: `(n, 3)`, or `(n, 2)` for points on the grass, in `Space.PITCH_M`.

        Returns:
            `(n, 2)` float64 pixels, lens distortion applied; NaN for points behind the camera, and for those
            so far aside that the distortion model would fold them back into the picture.

        Source:
            Hartley & Zisserman, Multiple View Geometry, 2nd ed., chapter 6; OpenCV's rational distortion model.
        """
        points = np.asarray(points_m, np.float64)
        if points.shape[1] == 2:
            points = np.column_stack([points, np.zeros(len(points))])
        seen = (points - self.position_m) @ self.rotation.T
        result = np.full((len(points), 2), np.nan)
        ahead = seen[:, 2] > 1e-6
        rays = seen[ahead, :2] / seen[ahead, 2:]
        rays[(rays**2).sum(1) > self._widest()] = np.nan
        result[ahead] = self._bend(rays) * self.focal_px + self.principal_point_px
        return result

    def undistort(self, points_px: Float64) -> Float64:
        """Give where pixels would lie had the lens not bent them, by fixed-point iteration, `(n, 2)`."""
        points = np.asarray(points_px, np.float64).reshape(-1, 2)
        if not any(self.radial):
            return points
        bent = (points - self.principal_point_px) / self.focal_px
        rays = bent.copy()
        for _ in range(_UNDISTORT_STEPS):
            rays = bent / self._factor((rays**2).sum(1))[:, None]
        return rays * self.focal_px + self.principal_point_px

    def sight_lines(self, points_px: Float64) -> Float64:
        """Give the directions in which pixels look from `position_m`, `(n, 3)` unit vectors in pitch axes."""
        x, y = ((self.undistort(points_px) - self.principal_point_px) / self.focal_px).T
        rays = np.stack([x, y, np.ones_like(x)], axis=1) @ self.rotation
        return np.asarray(rays / np.linalg.norm(rays, axis=1, keepdims=True), np.float64)

    def to_ground(self, points_px: Float64) -> Float64:
        """Give where pixels lie on the grass, `(n, 2)` metres; NaN at and above the horizon."""
        return self.homography().project(self.undistort(points_px))

    def scaled(self, factor: float) -> PitchCamera:
        """Give the same camera for a picture `factor` times as large."""
        middle = (self.principal_point_px + 0.5) * factor - 0.5
        return replace(self, focal_px=self.focal_px * factor, principal_point_px=middle)

    def turned(self) -> PitchCamera:
        """Give the camera that sees the same markings from the other side of the pitch, turned half a turn."""
        x, y, z = self.position_m
        pan = self.pan_deg + 180 if self.pan_deg <= 0 else self.pan_deg - 180
        return replace(self, pan_deg=pan, position_m=np.array([-x, -y, z]))

    @classmethod
    def from_soccernet(cls, camera: Mapping[str, Any]) -> PitchCamera:
        """Read a camera as SoccerNet writes it.

        Raises:
            CalibrationError: A field is missing or not a number; the text names it.
        """
        try:
            focals = (float(camera["x_focal_length"]), float(camera["y_focal_length"]))
            radial = [float(value) for value in camera.get("radial_distortion", _NO_DISTORTION)]
            read = cls(
                pan_deg=float(camera["pan_degrees"]),
                tilt_deg=float(camera["tilt_degrees"]),
                roll_deg=float(camera["roll_degrees"]),
                focal_px=focals[0],
                position_m=from_soccernet(np.array(camera["position_meters"], np.float64).reshape(3)),
                principal_point_px=np.array(camera["principal_point"], np.float64).reshape(2),
                radial=tuple(radial),
            )
        except KeyError as error:
            raise CalibrationError(
                f"a camera has no {error.args[0]}",
                hint="SoccerNet's camera JSON is described in docs/football",
            ) from None
        except (TypeError, ValueError) as error:
            raise CalibrationError(
                f"a camera cannot be read: {error}", hint="fields must be numbers"
            ) from None
        if abs(focals[0] - focals[1]) > 1e-3 * focals[0]:
            raise CalibrationError(
                f"pixels are not square: focal lengths {focals[0]:g} and {focals[1]:g} px",
                hint="scale the picture so that both focal lengths agree",
            )
        return read

    def to_soccernet(self) -> dict[str, Any]:
        """Give the camera as SoccerNet writes it: y towards the main camera, z down."""
        return {
            "pan_degrees": self.pan_deg,
            "tilt_degrees": self.tilt_deg,
            "roll_degrees": self.roll_deg,
            "x_focal_length": self.focal_px,
            "y_focal_length": self.focal_px,
            "principal_point": self.principal_point_px.tolist(),
            "position_meters": (to_soccernet(self.position_m) + 0.0).tolist(),
            "rotation_matrix": (to_soccernet(self.rotation) + 0.0).tolist(),
            "radial_distortion": list(self.radial),
            "tangential_distortion": [0.0, 0.0],
            "thin_prism_distortion": [0.0, 0.0, 0.0, 0.0],
        }

    def _factor(self, squared: Float64) -> Float64:
        k1, k2, k3, k4, k5, k6 = self.radial
        over = 1 + squared * (k1 + squared * (k2 + squared * k3))
        under = 1 + squared * (k4 + squared * (k5 + squared * k6))
        return np.asarray(over / under, np.float64)

    def _widest(self) -> float:
        """Give the squared tangent of the angle up to which the lens model puts points ever further out."""
        if not any(self.radial):
            return np.inf
        outwards = np.tan(np.radians(np.linspace(0, _WIDEST_DEG, 90)))
        falling = np.diff(outwards * self._factor(outwards**2)) <= 0
        return float(outwards[falling.argmax()] ** 2 if falling.any() else outwards[-1] ** 2)

    def _bend(self, rays: Float64) -> Float64:
        return rays * self._factor((rays**2).sum(1))[:, None] if any(self.radial) else rays


def rotations(angles_deg: Float64) -> Float64:
    """Give `(n, 3, 3)` rotations, pitch to camera axes, for `(n, 3)` pan, tilt and roll in degrees.

    Source:
        SoccerNet camera calibration: R = (Rz(pan) Rx(tilt) Rz(roll))^T on axes with y and z turned over.
    """
    cosine, sine = np.cos(np.radians(angles_deg)), np.sin(np.radians(angles_deg))
    (cp, ct, cr), (sp, st, sr) = cosine.T, sine.T
    rows = [
        [cp * cr - sp * ct * sr, -(sp * cr + cp * ct * sr), -st * sr],
        [-cp * sr - sp * ct * cr, -(-sp * sr + cp * ct * cr), -st * cr],
        [sp * st, cp * st, -ct],
    ]
    return np.asarray(np.moveaxis(np.array(rows), 2, 0), np.float64)


def angles_of(rotation: Float64) -> tuple[float, float, float]:
    """Give pan, tilt and roll in degrees of a `(3, 3)` rotation, tilt between 0 and 180."""
    turned = to_soccernet(rotation)
    tilt = np.arccos(np.clip(turned[2, 2], -1, 1))
    pan = np.arctan2(turned[2, 0], -turned[2, 1])
    roll = np.arctan2(turned[0, 2], turned[1, 2])
    return float(np.degrees(pan)), float(np.degrees(tilt)), float(np.degrees(roll))


def _plane_map(source: Float64, target: Float64) -> Float64:
    """Give the `(3, 3)` map of `(n, 2)` points onto others that is nearest in the least squares sense."""
    middle, scale = source.mean(0), float(np.abs(source - source.mean(0)).max())
    normal = np.array([[1 / scale, 0, -middle[0] / scale], [0, 1 / scale, -middle[1] / scale], [0, 0, 1.0]])
    one = np.column_stack([(source - middle) / scale, np.ones(len(source))])
    other = (target - middle) / scale
    zeros = np.zeros_like(one)
    rows = np.concatenate(
        [
            np.column_stack([one, zeros, -other[:, :1] * one[:, :2]]),
            np.column_stack([zeros, one, -other[:, 1:] * one[:, :2]]),
        ]
    )
    found = np.linalg.lstsq(rows, other.T.reshape(-1), rcond=None)[0]
    return np.asarray(np.linalg.inv(normal) @ np.append(found, 1.0).reshape(3, 3) @ normal, np.float64)
