"""Looks at what is to be made of a camera before it is dialled: a wrong wish is told at once, not by a camera that fails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sightline import plugins
from sightline.service.submit import check_names

if TYPE_CHECKING:
    from sightline.ports import Application
    from sightline.service.live.cameras.request import CameraRequest


def application_for(request: CameraRequest, class_names: Sequence[str]) -> Application:
    """Give the application of a camera, which can work with its settings and a model of these classes.

    Raises:
        UnknownPluginError: There is no such application.
        SettingsError: It has no such setting, or not with that value.
        ConfigError: It can do nothing with that model.
    """
    application: Application = plugins.load("apps", request.app)()
    check_names(application, request.app_settings)
    begin = getattr(application, "analysis", None)
    if begin is not None:
        begin(request.app_settings, class_names)
    return application
