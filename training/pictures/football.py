"""Single frames of football matches with their boxes, as different from one another as real ones are and more.

Everything comes from the generator that is passed in. A `Look` (ground, stadium, light) takes longer to make than a
frame, so `Scenery` keeps some and mixes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from sightline.analytics.football.match import PitchSize
from sightline.sim.football import bodies, kits, picture
from sightline.sim.football.lens import lens
from sightline.sim.football.views import PinholeCamera, read_cameras
from training.pictures.graphics import lay_graphics

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from sightline.sim.football.kits import Kit
    from sightline.sim.football.picture import Figure, Look

CLASSES = ("ball", "goalkeeper", "player", "referee")
MIN_VISIBLE = 0.25
"""Who shows less than this is not labelled."""
BALL_HALO_PX = 1.2
"""Labels of real balls are wider than the ball by about this on each side, for a frame 1280 wide."""
_PITCH = PitchSize()
_SHAPES = ((4, 4, 2), (4, 3, 3), (4, 2, 3, 1), (3, 5, 2), (5, 3, 2), (3, 4, 3), (4, 1, 4, 1), (5, 4, 1))


class Scenery:
    """A stock of grounds, stadiums and lights, mixed anew for every frame and renewed now and then.

    Args:
        rng: Draws the first ones.
        stock: How many of each are kept.
        renewed: Share of draws before which one of them is made anew.
    """

    def __init__(self, rng: np.random.Generator, *, stock: int = 12, renewed: float = 0.08) -> None:
        self._looks = [draw_look(rng) for _ in range(stock)]
        self._renewed = renewed

    def draw(self, rng: np.random.Generator) -> Look:
        """Give a mixture."""
        if rng.random() < self._renewed:
            self._looks[int(rng.integers(len(self._looks)))] = draw_look(rng)
        first, second = (self._looks[int(n)] for n in rng.integers(len(self._looks), size=2))
        return replace(first, stadium=second.stadium)


class Painter:
    """Draws frames for `training.render`: a part of them through real cameras, if the data folder has some."""

    def __init__(self, data_root: Path, *, size: tuple[int, int] = (720, 1280)) -> None:
        file = data_root / "football" / "calibration" / "sn22_cameras.json"
        self._cameras = read_cameras(file, size) if file.is_file() else ()
        self._size = size
        self._scenery = Scenery(np.random.default_rng(0xF007))

    def __call__(
        self, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int32]]:
        """Draw a frame; see `render_football_frame`."""
        camera = None
        if self._cameras and rng.random() < 0.35:
            camera = self._cameras[int(rng.integers(len(self._cameras)))]
        return render_football_frame(rng, camera, self._size, look=self._scenery.draw(rng))


def draw_look(rng: np.random.Generator) -> Look:
    """Draw ground, stadium and light by lot."""
    return picture.look(rng, _PITCH)


def render_football_frame(
    rng: np.random.Generator,
    camera: PinholeCamera | None,
    size: tuple[int, int],
    *,
    look: Look | None = None,
    teams: tuple[Kit, Kit, Kit, Kit, Kit] | None = None,
) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.int32]]:
    """Draw one frame by lot.

    Args:
        rng: Chooses everything.
        camera: Seen from here, a little moved; None for any camera.
        size: `(height, width)` of the frame.
        look: Ground, stadium and light; drawn by lot where None.
        teams: Kits of home, away, their goalkeepers and the referees; drawn by lot where None.

    Returns:
        `(h, w, 3)` BGR, `(n, 4)` boxes `x1 y1 x2 y2` in pixels, `(n,)` indices into `CLASSES`.
    """
    look = draw_look(rng) if look is None else look
    teams = kits.choose(rng, apart=float(rng.uniform(15, 60))) if teams is None else teams
    view = None if camera is None else moved(rng, camera, size)
    focus_m, figures = situation(rng, teams, view)
    ball = _ball(rng, focus_m, figures)
    view = random_camera(rng, size, ball[0]) if view is None else view
    shutter_s = float(rng.uniform(0, 0.02))
    drawn_ball = None if rng.random() < 0.06 else ball
    tint = replace(look, ball=(245.0, 245.0, 245.0)) if rng.random() < 0.7 else look
    image, found = picture.draw(tint, view, figures, drawn_ball, shutter_s=shutter_s)
    optics = lens(rng, rain=look.light.weather == "rain" and rng.random() < 0.7)
    image = optics.see(image, rng)
    if rng.random() < 0.6:
        lay_graphics(image, rng)
    return image, *_labels(found, size, optics.blur_px)


def _labels(
    found: Sequence[picture.Drawn], size: tuple[int, int], blur_px: float
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    boxes, classes = [], []
    for one in found:
        if one.visibility < MIN_VISIBLE or one.kind not in CLASSES:
            continue
        x1, y1, x2, y2 = one.box_px
        if one.kind == "ball":
            halo = BALL_HALO_PX * size[1] / 1280 + 0.4 * blur_px
            x1, y1, x2, y2 = (
                max(x1 - halo, 0),
                max(y1 - halo, 0),
                min(x2 + halo, size[1]),
                min(y2 + halo, size[0]),
            )
        boxes.append((x1, y1, x2, y2))
        classes.append(CLASSES.index(one.kind))
    return np.array(boxes, np.float32).reshape(-1, 4), np.array(classes, np.int32)


# --- cameras ----------------------------------------------------------------------------------------------


def moved(rng: np.random.Generator, camera: PinholeCamera, size: tuple[int, int]) -> PinholeCamera:
    """Give a camera for frames of that size, turned and zoomed a little, in half of the cases mirrored."""
    x_m, y_m, z_m = camera.position_m
    side = 1.0 if rng.random() < 0.5 else -1.0
    shift = rng.normal(0, (1.0, 1.5, 0.8))
    focal_px = camera.focal_px * size[1] / camera.size[1] * float(np.exp(rng.normal(0, 0.08)))
    return PinholeCamera(
        size,
        focal_px,
        (side * x_m + float(shift[0]), y_m + float(shift[1]), max(z_m + float(shift[2]), 3.0)),
        side * camera.pan_deg + float(rng.normal(0, 1.5)),
        camera.tilt_deg + float(rng.normal(0, 0.6)),
        side * camera.roll_deg + float(rng.normal(0, 0.3)),
    )


def random_camera(
    rng: np.random.Generator, size: tuple[int, int], focus_m: NDArray[np.float64]
) -> PinholeCamera:
    """Draw a camera that has the place `(x, y, z)` somewhere in its picture: scouting, broadcast, near, or a phone's."""
    kind = rng.choice(4, p=(0.6, 0.2, 0.1, 0.1))
    across_m, height_m = rng.uniform(-62, -52) - rng.uniform(0, 28), rng.uniform(11, 28)
    share = (rng.uniform(0.82, 1.35), rng.uniform(1.4, 2.9), rng.uniform(3.0, 7.0), rng.uniform(0.8, 1.5))[
        kind
    ]
    if kind == 3:
        across_m, height_m = rng.uniform(-50, -38), rng.uniform(1.8, 7)
    place = (float(rng.normal(0, 6)), float(across_m), float(height_m))
    aim = np.array([focus_m[0], focus_m[1], 0.5])
    spread = (14.0, 6.0, 3.0, 9.0)[kind]
    aim[:2] += rng.normal(0, (spread, 0.5 * spread))
    if kind == 0:
        aim[:2] *= (0.75, 0.35)
        aim[1] -= 3
    view = PinholeCamera(
        size, float(share) * size[1], place, roll_deg=float(rng.normal(0, 0.4 if kind != 3 else 1.5))
    )
    return view.looking_at(aim.tolist())


def _aim(view: PinholeCamera) -> NDArray[np.float64]:
    """Give the place on the ground in the middle of a camera's picture."""
    ahead = view.rotation()[2]
    reach = -view.position_m[2] / min(float(ahead[2]), -0.05)
    aim: NDArray[np.float64] = np.array(view.position_m[:2]) + reach * ahead[:2]
    return aim


# --- who stands where -------------------------------------------------------------------------------------


def situation(
    rng: np.random.Generator, teams: tuple[Kit, Kit, Kit, Kit, Kit], view: PinholeCamera | None
) -> tuple[NDArray[np.float64], list[Figure]]:
    """Place two teams, officials and staff around a centre of play: where the camera looks, or anywhere if None.

    Args:
        rng: Chooses all places and postures.
        teams: Kits of home, away, their goalkeepers and the referees.
        view: Who looks.

    Returns:
        The centre of play `(x, y)` in metres, and everybody; who has `track_id` 0 belongs to no class.
    """
    focus = rng.uniform((-50, -32), (50, 32))
    if view is not None:
        focus = np.clip(_aim(view) + rng.normal(0, (6, 4)), (-51, -33), (51, 33))
    crowded = rng.random() < 0.12
    if crowded:
        focus[0] = np.sign(focus[0]) * rng.uniform(38, 50)
    figures: list[Figure] = []
    for side, kit, keeper_kit in ((-1, teams[0], teams[2]), (1, teams[1], teams[3])):
        places = _team(rng, side, focus, crowded=crowded)
        numbers = rng.permutation(np.arange(2, 40))[:10]
        count = 10 if rng.random() < 0.9 else int(rng.integers(5, 10))
        for place, number in zip(places[:count], numbers, strict=False):
            figures.append(_figure(rng, "player", kits.person(rng, kit, number=int(number)), place, focus))
        goal_x = side * 52.5
        depth = rng.uniform(0.5, 6) + max(0.0, abs(goal_x - focus[0]) - 60) * 0.35
        place = np.array([goal_x - side * depth, np.clip(focus[1] * 0.12, -3, 3) + rng.normal(0, 0.8)])
        figures.append(_figure(rng, "goalkeeper", kits.person(rng, keeper_kit, number=1), place, focus))
    figures += _officials(rng, teams[4], focus)
    order = rng.permutation(len(figures))
    return focus, [replace(figures[number], track_id=place + 1) if figures[number].track_id else figures[number] for place, number in enumerate(order)]  # fmt: skip


def _team(
    rng: np.random.Generator, side: int, focus: NDArray[np.float64], *, crowded: bool
) -> NDArray[np.float64]:
    """Give places of ten players: `side` is the end whose goal they keep."""
    shape = _SHAPES[int(rng.integers(len(_SHAPES)))]
    places = []
    back, front = 0.0, float(rng.uniform(24, 40))
    for row, count in enumerate(shape):
        ahead = back + (front - back) * row / (len(shape) - 1)
        width = rng.uniform(26, 50)
        for number in range(count):
            across = 0.0 if count == 1 else (number / (count - 1) - 0.5) * width
            places.append((ahead, across))
    spots = np.array(places) + rng.normal(0, 2.6, (10, 2))
    middle = np.clip(focus[0] * 0.8, -34, 34)
    x = middle - side * (spots[:, 0] - front / 2) + rng.normal(0, 4)
    found = np.stack([x, spots[:, 1] * 0.9 + focus[1] * 0.45], axis=1)
    if crowded:
        goal = np.array([np.sign(focus[0]) * 46.0, 0.0])
        near = rng.permutation(10)[:7]
        found[near] = goal + rng.normal(0, (4.5, 7.0), (7, 2))
    close = int(np.argmin(((found - focus) ** 2).sum(axis=1)))
    found[close] = focus + rng.normal(0, 1.2, 2)
    kept: NDArray[np.float64] = np.clip(found, (-54, -35.5), (54, 35.5))
    return kept


def _officials(rng: np.random.Generator, kit: Kit, focus: NDArray[np.float64]) -> list[Figure]:
    spot = np.clip(focus + rng.normal(0, 9, 2), (-48, -30), (48, 30))
    found = [_figure(rng, "referee", kits.person(rng, kit), spot, focus)]
    for side in (-1, 1):
        place = np.array(
            [np.clip(focus[0] + rng.normal(0, 10), -52, 52), side * (34.5 + rng.uniform(0, 1.2))]
        )
        found.append(_figure(rng, "referee", kits.person(rng, kit), place, focus))
    if rng.random() < 0.4:
        found.append(_figure(rng, "staff", kits.person(rng, kit), np.array([rng.normal(0, 4), -36.5]), focus))
    for _ in range(int(rng.integers(0, 7))):
        wear = kits.STAFF_KITS[int(rng.integers(len(kits.STAFF_KITS)))]
        place = np.array([rng.uniform(-30, 30), -rng.uniform(36.5, 40.5)])
        if rng.random() < 0.25:
            place = np.array([rng.uniform(-50, 50), rng.uniform(37, 39)])
        found.append(_figure(rng, "staff", kits.person(rng, wear, staff=True), place, focus))
    return found


_PHASES = 32


@cache
def _gaits() -> NDArray[np.float64]:
    """Give postures `(speeds, phases, joints)` at every quarter of a metre a second."""
    speeds = np.repeat(np.arange(0, 9, 0.25), _PHASES)
    return bodies.gait(speeds, np.tile(np.arange(_PHASES) / _PHASES, len(speeds) // _PHASES)).reshape(
        -1, _PHASES, len(bodies.Joint)
    )


_ACTS = tuple(name for name in bodies.ACTIONS if name not in {"dive", "flag"})


def _figure(
    rng: np.random.Generator,
    kind: str,
    who: kits.Person,
    place: NDArray[np.float64],
    focus: NDArray[np.float64],
) -> Figure:
    """Give somebody in a posture of their kind."""
    still = kind == "staff" or rng.random() < (0.6 if kind == "goalkeeper" else 0.25)
    speed = 0.0 if still else float(np.clip(rng.gamma(2.0, 1.6), 0, 8.5))
    posture = _gaits()[int(speed * 4), int(rng.integers(_PHASES))]
    if rng.random() < (0.5 if kind == "goalkeeper" else 0.15):
        names = ("ready", "ready", "dive", "jump", "throw") if kind == "goalkeeper" else _ACTS
        if kind == "referee":
            names = ("point", "flag", "hips", "stand", "crouch")
        if kind == "staff":
            names = ("hips", "point", "stand")
        posture = posture + bodies.action(names[int(rng.integers(len(names)))]) * float(rng.uniform(0.5, 1.1))
    ahead = focus - place
    heading = (
        float(np.arctan2(ahead[1], ahead[0])) if rng.random() < 0.5 else float(rng.uniform(0, 2 * np.pi))
    )
    heading += float(rng.normal(0, 0.6))
    velocity = (speed * float(np.cos(heading)), speed * float(np.sin(heading)))
    track_id = 0 if kind == "staff" else 1
    return picture.Figure(track_id, kind, who, posture, (float(place[0]), float(place[1])), heading, velocity)


def _ball(
    rng: np.random.Generator, focus: NDArray[np.float64], figures: Sequence[Figure]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Place the ball: at somebody's feet, rolling, or in the air."""
    place = focus + rng.normal(0, 1.0, 2)
    speed = float(rng.gamma(1.5, 4.0))
    height = 0.11
    if rng.random() < 0.45:
        near = figures[int(np.argmin([np.hypot(*(np.array(one.place_m) - focus)) for one in figures]))]
        turn = near.heading_rad + float(rng.normal(0, 0.5))
        place = np.array(near.place_m) + float(rng.uniform(0.35, 1.3)) * np.array(
            [np.cos(turn), np.sin(turn)]
        )
        speed *= 0.4
    elif rng.random() < 0.35:
        height, speed = float(rng.gamma(1.5, 1.8)) + 0.11, speed + 6
        place = focus + rng.normal(0, 8, 2)
    turn = float(rng.uniform(0, 2 * np.pi))
    velocity = np.array([speed * np.cos(turn), speed * np.sin(turn), 0.0])
    return np.array([place[0], place[1], height]), velocity
