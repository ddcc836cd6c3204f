"""Makes a server whose live streams have a fake model and no threads but those of the server."""

from sightline.bootstrap import build_platform
from sightline.core.accounts import Role
from sightline.core.time import SystemClock
from sightline.server.app import build_server
from sightline.service.accounts.authenticate import Credentials, authenticate
from sightline.settings import read_settings
from sightline.testing.accounts import headers_of
from unit.service.live.streams import live_streams, still


def door(tmp_path, *, script=still, **given):
    """Give a server and its live streams."""
    platform = build_platform(read_settings(home=tmp_path / "home", **given))
    app = build_server(platform)
    live = live_streams(clock=SystemClock(), cost_s=0.0001, script=script)
    del live._start
    app.state.live = live
    return app, live


def signed_in(app, role=Role.ANALYST, name="anna"):
    """Give the headers of somebody with that role."""
    return headers_of(app.state.platform, role, name=name)


def user_id(app, headers):
    """Give whose headers these are."""
    return authenticate(app.state.platform, Credentials(api_key=headers["X-API-Key"])).user_id
