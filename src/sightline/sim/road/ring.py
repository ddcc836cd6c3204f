"""The road as a ring to the left, the car's way around it, and what its receiver reads.

Places on the road are `(s, d)`: metres along its middle line, and to the left of it. The ring begins at its easternmost
point, heading north.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.earth import GeoOrigin

if TYPE_CHECKING:
    from sightline.core.arrays import Float64

ORIGIN = GeoOrigin(50.0, 8.0)
START_EPOCH_S = 1_714_557_600.0  # 2024-05-01T10:00:00Z
LANE_D_M = -1.75
_SWAY_M, _SWAY_S = 0.18, 11.0
_SURGE, _SURGE_S = 0.12, 17.0
_PITCH_HZ, _PITCH_DECAY_S, _PITCH_KICK_DEG = 1.7, 0.45, 0.55
_WANDER_HZ = (0.31, 0.83, 1.9)
_WANDER_DEG = (0.05, 0.05, 0.035)
_HEAVE_M_A_DEG = 0.02


@dataclass(frozen=True, slots=True)
class Ring:
    """The road.

    Attributes:
        lap_m: Length of its middle line.
    """

    lap_m: float

    @property
    def radius_m(self) -> float:
        """Of the middle line."""
        return self.lap_m / (2 * np.pi)

    def to_car(self, places: Float64, s_m: float, d_m: float) -> Float64:
        """Give road places as a car at `(s_m, d_m)` has them: to the right of it, and ahead.

        Args:
            places: `(n, 2)` `(s, d)`.
            s_m: Of the car.
            d_m: Of the car.

        Returns:
            `(n, 2)` metres, x to the right, y ahead: the axes of `sim.camera`.
        """
        turn = (places[:, 0] - s_m) / self.radius_m
        radius = self.radius_m - places[:, 1]
        return np.stack([radius * np.cos(turn) - (self.radius_m - d_m), radius * np.sin(turn)], axis=1)

    def from_car(self, points_m: Float64, s_m: float, d_m: float) -> Float64:
        """Give `(s, d)` of what the car has to its right and ahead: the way back from `to_car`."""
        right = points_m[..., 0] + (self.radius_m - d_m)
        turn = np.arctan2(points_m[..., 1], right)
        places: Float64 = np.stack(
            [s_m + turn * self.radius_m, self.radius_m - np.hypot(right, points_m[..., 1])], axis=-1
        )
        return places

    def on_earth(self, places: Float64) -> Float64:
        """Give `(n, 2)` metres east and north of the ring's beginning."""
        turn = places[:, 0] / self.radius_m
        radius = self.radius_m - places[:, 1]
        return np.stack([radius * np.cos(turn) - self.radius_m, radius * np.sin(turn)], axis=1)

    def bearing_deg(self, s_m: float) -> float:
        """Give where the road leads, clockwise from true north."""
        return float(-np.rad2deg(s_m / self.radius_m) % 360.0)


@dataclass(frozen=True, slots=True)
class Drive:
    """How the car goes.

    Attributes:
        ring: The road.
        speed_mps: Mean speed.
        bumps: How much it pitches; 0 not at all.
        potholes_s: `(n,)` where along a lap its wheels meet potholes.
        phases: Five numbers in 0..1 that shift its swaying.
    """

    ring: Ring
    speed_mps: float
    bumps: float
    potholes_s: Float64
    phases: Float64

    def s_m(self, t_s: float) -> float:
        """Give how far it has come along the middle line; the speed swells and ebbs."""
        turn = 2 * np.pi / _SURGE_S
        swell = np.sin(turn * t_s + 2 * np.pi * self.phases[0]) - np.sin(2 * np.pi * self.phases[0])
        return float(self.speed_mps * (t_s + _SURGE / turn * swell))

    def d_m(self, t_s: float) -> float:
        """Give how far left of the middle line it is."""
        return float(LANE_D_M + _SWAY_M * np.sin(2 * np.pi * (t_s / _SWAY_S + self.phases[1])))

    def pitch_deg(self, t_s: float) -> float:
        """Give how far the car's nose is down: a steady swaying, and a swing after each pothole."""
        if self.bumps == 0:
            return 0.0
        waves = [
            size * np.sin(2 * np.pi * (hz * t_s + phase))
            for size, hz, phase in zip(_WANDER_DEG, _WANDER_HZ, self.phases[2:], strict=True)
        ]
        swing = 0.0
        if len(self.potholes_s):
            behind_m = (self.s_m(t_s) - self.potholes_s) % self.ring.lap_m
            since_s = behind_m / self.speed_mps
            met = (since_s < 4 * _PITCH_DECAY_S) & (self.s_m(t_s) >= self.potholes_s)
            swing = float(
                (np.sin(2 * np.pi * _PITCH_HZ * since_s) * np.exp(-since_s / _PITCH_DECAY_S) * met).sum()
            )
        return float(self.bumps * (sum(waves) + _PITCH_KICK_DEG * swing))

    def heave_m(self, t_s: float) -> float:
        """Give how much higher than at rest the camera is."""
        return _HEAVE_M_A_DEG * self.pitch_deg(t_s + 0.08)


def fixes(drive: Drive, seconds: float, *, noise_m: float, hz: float, seed: int) -> Float64:
    """Give what the receiver reads: half of the noise wanders slowly, as the sky's delays do, half is new each time.

    Returns:
        `(n, 3)` time, latitude and longitude in degrees.
    """
    rng = np.random.default_rng([seed, 0x695])
    times = np.arange(0.0, seconds + 1.0 / hz, 1.0 / hz)
    true_m = drive.ring.on_earth(np.array([(drive.s_m(t_s), drive.d_m(t_s)) for t_s in times.tolist()]))
    each = noise_m / np.sqrt(2)
    keep = np.exp(-1.0 / hz / 30.0)
    wander = np.zeros_like(true_m)
    wander[0] = rng.normal(0, each, 2)
    for number in range(1, len(times)):
        wander[number] = keep * wander[number - 1] + rng.normal(0, each * np.sqrt(1 - keep**2), 2)
    read_m = true_m + wander + rng.normal(0, each, true_m.shape)
    read: Float64 = np.c_[times, ORIGIN.degrees(read_m)[:, ::-1]]
    return read


def gpx_of(read: Float64) -> str:
    """Give the receiver's readings as a GPX 1.1 file."""
    from datetime import UTC, datetime

    points = "\n".join(
        f'<trkpt lat="{lat:.8f}" lon="{lon:.8f}"><time>'
        f"{datetime.fromtimestamp(START_EPOCH_S + t_s, UTC).isoformat(timespec='milliseconds').replace('+00:00', 'Z')}"
        "</time></trkpt>"
        for t_s, lat, lon in read.tolist()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="sightline simulate road" '
        f'xmlns="http://www.topografix.com/GPX/1/1">\n<trk><trkseg>\n{points}\n</trkseg></trk>\n</gpx>\n'
    )
