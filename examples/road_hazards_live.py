"""Hazard events frame by frame, with size and place, as a stream would have them: `python examples/road_hazards_live.py`.

The boxes are the truth of a simulated drive; put your own detector's and tracker's in their place.
"""

from sightline.analytics.road.camera import RoadCamera
from sightline.analytics.road.gps import GpsTrack, on_clock, read_gpx
from sightline.analytics.road.hazards import Sighting
from sightline.analytics.road.kinds import kind_of
from sightline.analytics.road.region import RoadRegion
from sightline.analytics.road.watch import HazardWatch
from sightline.ports import SceneOptions
from sightline.sim.road.scene import RoadScene

SIZE, HZ = (720, 1280), 10

scene = RoadScene(SceneOptions(seconds=20, seed=9, size=SIZE))
camera = RoadCamera.of(SIZE, height_m=1.3, pitch_deg=4.0, focal_px=scene.rest.focal_px)
gps = GpsTrack(on_clock(read_gpx(scene.gpx()), start_s=None, first_t_s=0.0, offset_s=0.0))
watch = HazardWatch(RoadRegion.of_camera(camera), camera=camera)

for frame in range(20 * HZ):
    seen = scene.seen(frame / HZ)
    sighting = Sighting(
        frame,
        frame / HZ,
        boxes_px=[item.box_px for item in seen],
        scores=[0.9] * len(seen),
        track_ids=[item.track_id for item in seen],
        kinds=[kind_of(item.kind) for item in seen],
        place=gps.at(frame / HZ),
    )
    for event in watch.feed(sighting):
        size = f"{event.size.extent:.2f} {event.size.extent_unit}" if event.size else "size not known yet"
        where = (
            f"{event.place.latitude_deg:.6f}, {event.place.longitude_deg:.6f}" if event.place else "no place"
        )
        print(f"{frame / HZ:5.1f} s  {event.phase.value:<9}  {event.kind.words:<18}  {size:<18}  {where}")
