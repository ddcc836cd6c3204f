"""From a file to tracks in five lines: `python examples/print_tracks.py street.mp4`."""

import sys

from sightline import track_video

for frame, tracks in track_video(sys.argv[1]):
    for track_id, box_px in zip(tracks.track_ids, tracks.boxes_px, strict=True):
        print(f"frame {frame.index}, {frame.t_s:.2f} s: {track_id} at {box_px.round()}")
