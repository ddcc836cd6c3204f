"""People: counting lines, zones, dwell, heat map, flow and speed."""
