"""SportsCode XML: what happened as instances with a beginning and an end, for video analysis programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from sightline.service.folder import whole
from sightline.service.football.exports.source import match_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.analytics.football.events.event import FootballEvent


def export_sportscode(folder: Path, out: Path, *, before_s: float = 5.0, after_s: float = 3.0) -> Path:
    """Write a run's events as SportsCode does.

    Args:
        folder: A result folder of the football application.
        out: The XML file.
        before_s: How long before the event its instance begins.
        after_s: How long after its end it ends.

    Raises:
        ConfigError: The folder holds no such results.
        OutputError: The file cannot be written.
    """
    return write_sportscode(match_data(folder).events, out, before_s=float(before_s), after_s=float(after_s))


def write_sportscode(
    events: Sequence[FootballEvent], out: Path, *, before_s: float = 5.0, after_s: float = 3.0
) -> Path:
    """Write events: the code is team and kind, labels are player, receiver, outcome, confidence. Loads with kloppy.

    Raises:
        OutputError: The file cannot be written.
    """
    root = ET.Element("file")
    instances = ET.SubElement(root, "ALL_INSTANCES")
    for number, event in enumerate(events, start=1):
        one = ET.SubElement(instances, "instance")
        ET.SubElement(one, "ID").text = str(number)
        ET.SubElement(one, "start").text = f"{max(0.0, event.t_s - before_s):.3f}"
        ET.SubElement(one, "end").text = f"{(event.end_t_s or event.t_s) + after_s:.3f}"
        ET.SubElement(one, "code").text = f"{event.team or ''} {event.kind}".strip()
        for group, text in (
            ("player", event.player_id),
            ("receiver", event.receiver_id),
            ("outcome", event.outcome),
            ("confidence", f"{event.confidence:.2f}"),
        ):
            if text:
                label = ET.SubElement(one, "label")
                ET.SubElement(label, "group").text = group
                ET.SubElement(label, "text").text = text
    ET.indent(root)
    with whole(out) as path:
        path.write_bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")
    return out
