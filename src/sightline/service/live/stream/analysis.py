"""What an application makes of a stream while it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from sightline import plugins
from sightline.core.errors import SettingsError
from sightline.service.live.stream.outbox import LASTING

if TYPE_CHECKING:
    from sightline.core.frames import Frame


class Analysis(Protocol):
    """Takes a stream's frames in order and tells what happened.

    Attributes:
        tracking: Settings of the tracker that suit it, the same as for files; None where it looks at detections.
        min_score: Lowest score of a detection that it wants.
        iou: Overlap above which the weaker of two boxes is dropped.
        max_detections: Most boxes a frame.
    """

    tracking: Mapping[str, Any] | None
    min_score: float
    iou: float
    max_detections: int

    def update(self, frame: Frame, found: Any, extras: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """Give the events that this frame completes, as plain data; `found` is its `Tracks` or its `Detections`."""
        ...

    def finish(self) -> Sequence[Mapping[str, Any]]:
        """Give the events that the stream's end completes."""
        ...


def message_of(event: Mapping[str, Any]) -> str:
    """Give the kind of message that an event goes out as."""
    return str(event.get("message", LASTING))


MakeAnalysis = Callable[[str, Mapping[str, Any], Sequence[str]], Analysis]
"""Gives an application's analysis for one stream: `(application, its settings, class names)`."""


def make_analysis(app: str, settings: Mapping[str, Any], class_names: Sequence[str]) -> Analysis:
    """Give an application's analysis of one stream.

    Raises:
        SettingsError: The application has none, or there is no such application.
        ConfigError: It cannot work with that model.
    """
    if app not in plugins.names("apps"):
        raise SettingsError(
            f"app: no application is called {app!r}", hint=f"have: {', '.join(plugins.names('apps'))}"
        )
    begin: Callable[[Mapping[str, Any], Sequence[str]], Analysis] | None = getattr(
        plugins.load("apps", app)(), "analysis", None
    )
    if begin is None:
        raise SettingsError(
            f"app: {app} tells nothing of a stream while it runs", hint="leave it out for detections alone"
        )
    analysis: Analysis = begin(settings, class_names)
    return analysis
