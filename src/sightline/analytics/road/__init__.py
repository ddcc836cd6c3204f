"""Road hazards: where they are, how large, and one event for each; see `docs/apps/road.md`."""
