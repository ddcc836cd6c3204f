"""What an application makes of a stream while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from sightline import plugins
from sightline.core.errors import SettingsError

if TYPE_CHECKING:
    from sightline.core.detections import Detections
    from sightline.core.frames import Frame
    from sightline.core.tracks import Tracks


class Analysis(Protocol):
    """Takes a stream's frames in order and tells what happened."""

    def update(
        self, frame: Frame, detections: Detections, tracks: Tracks, extras: Mapping[str, Any]
    ) -> Sequence[Mapping[str, Any]]:
        """Give the events that this frame completes, as plain data, each with an `event_id` of its own."""
        ...


MakeAnalysis = Callable[[str, Sequence[str]], Analysis]
"""Gives an application's analysis for one stream: `(application, class names)`."""


def make_analysis(app: str, class_names: Sequence[str]) -> Analysis:
    """Give an application's analysis of one stream.

    Raises:
        SettingsError: The application has none, or there is no such application.
    """
    if app not in plugins.names("apps"):
        raise SettingsError(
            f"app: no application is called {app!r}", hint=f"have: {', '.join(plugins.names('apps'))}"
        )
    application = plugins.load("apps", app)()
    begin: Callable[[Sequence[str]], Analysis] | None = getattr(application, "analysis", None)
    if begin is None:
        raise SettingsError(
            f"app: {app} tells nothing of a stream while it runs", hint="leave it out for detections alone"
        )
    return begin(class_names)
