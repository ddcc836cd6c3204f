"""A client of Sightline's HTTP API: `SightlineClient`."""
