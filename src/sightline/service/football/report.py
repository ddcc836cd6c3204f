"""The second door: makes a match report of positions that a provider measured; no video, no inference."""

from __future__ import annotations

import platform as host
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

import sightline
from sightline import plugins
from sightline.analytics.football.match import PitchSize
from sightline.analytics.football.rows import ball_batch, facts_of, player_batches, record
from sightline.core.ledger import FrameStatus
from sightline.core.media import MediaInfo
from sightline.service.folder import MANIFEST, RunFolder, sha256_of, write_json
from sightline.service.football.tracking.provider import load_named_match
from sightline.service.publish import read_ledger, versions, write_report
from sightline.service.submit import check_names
from sightline.service.tables import ParquetTables, ParquetWriter

if TYPE_CHECKING:
    from sightline.analytics.football.match import Match
    from sightline.ports import Application
    from sightline.service.football.tracking.video import MatchVideo

APP = "football"


def report_on_files(
    provider: str,
    tracking: Sequence[Path],
    meta: Sequence[Path],
    out: Path,
    *,
    settings: Mapping[str, Any] | None = None,
    video: MatchVideo | None = None,
    overwrite: bool = False,
) -> Path:
    """Do it for a provider's files; see `service.football.tracking.provider` and `report_on_match`.

    Raises:
        SightlineError: The files are not what the provider writes, or see `report_on_match`.
    """
    given = {name: value for name, value in (settings or {}).items() if value is not None}
    match, names = load_named_match(provider, list(tracking), list(meta) or None, pitch=_pitch(given))
    source = {
        "name": tracking[0].name,
        "provider": provider,
        "files": {path.name: sha256_of(path) for path in (*tracking, *meta)},
    }
    return report_on_match(
        match, out, source=source, names=names, settings=given, video=video, overwrite=overwrite
    )


def _pitch(given: Mapping[str, Any]) -> PitchSize | None:
    """Give the pitch's size that a user said, for providers whose files do not tell it."""
    length_m, width_m = (given.get(f"pitch_{side}_m") for side in ("length", "width"))
    if not (isinstance(length_m, (int, float)) and isinstance(width_m, (int, float))):
        return None
    return PitchSize(float(length_m), float(width_m))


def report_on_match(
    match: Match,
    out: Path,
    *,
    source: Mapping[str, Any],
    names: Mapping[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
    video: MatchVideo | None = None,
    overwrite: bool = False,
) -> Path:
    """Write tables, report, page, figures and manifest of a match into a folder, as a run on a video does.

    Args:
        match: Positions.
        out: The folder.
        source: Where they come from, for the provenance: `name`, `provider`, `sha256`.
        names: `home` and `away` -> what the teams are called.
        settings: The application's settings, by name.
        video: What highlights are cut from; without one they are drawn from above.
        overwrite: Replace results that the folder holds.

    Returns:
        The folder.

    Raises:
        ConflictError: The folder holds results already.
        SettingsError: A setting is wrong.
        AnalysisError: The match is none.
        MediaError: The video cannot be used.
        OutputError: Something could not be written.
    """
    application: Application = plugins.load("apps", APP)()
    chosen = _settings(application, match, names or {}, settings or {})
    folder = RunFolder(out.absolute())
    if not overwrite:
        folder.check_free()
    footage = video.footage(match) if video else None
    provenance = {
        "sightline": sightline.__version__,
        "app": APP,
        "source": {**source, **(video.facts() if video else {})},
        "model": None,
        "settings": {"app": chosen},
    }
    with folder.locked():
        folder.clear()
        _write_positions(match, folder)
        media = _media(match)
        write_report(
            application,
            tables=folder.tables,
            out=folder,
            media=media,
            settings=chosen,
            provenance=provenance,
            background=None,
            video=footage,
        )
        _write_manifest(folder, provenance, media)
    folder.finish()
    return folder.root


def _settings(
    application: Application, match: Match, names: Mapping[str, str], given: Mapping[str, Any]
) -> dict[str, Any]:
    check_names(application, given)
    pitch = {"pitch_length_m": match.pitch.length_m, "pitch_width_m": match.pitch.width_m}
    return {**application.defaults(), **pitch, **given, "match": {**facts_of(match), "names": dict(names)}}


def _write_positions(match: Match, folder: RunFolder) -> None:
    """Write frames, players and ball as a video's run would have found them."""
    step_s = float(1 / match.frame_rate_hz)
    speeds = _speeds(match.positions_m, step_s)
    with ParquetWriter(folder.tables) as writer:
        writer.write(
            "frames",
            record(
                "frames",
                {
                    "frame": match.frames,
                    "t_s": match.t_s,
                    "segment": np.zeros(len(match), np.int32),
                    "status": pa.array([FrameStatus.INFERRED.value]).take(
                        pa.array(np.zeros(len(match), np.int32))
                    ),
                    "detections": np.isfinite(match.positions_m[..., 0]).sum(axis=1).astype(np.int32),
                },
            ),
        )
        for batch in player_batches(match, speeds):
            writer.write("players", batch)
        ball = _speeds(match.ball_m[:, None, :2], step_s)[:, 0]
        writer.write("ball", ball_batch(match, ball))


def _speeds(positions: Any, step_s: float) -> Any:
    """Speeds from the rows before and after; NaN beside a gap."""
    speeds = np.full(positions.shape[:2], np.nan)
    if len(positions) > 2:
        speeds[1:-1] = np.hypot(*np.moveaxis(positions[2:] - positions[:-2], -1, 0)) / (2 * step_s)
    return speeds


def _media(match: Match) -> MediaInfo:
    """Facts about a source that has no pictures."""
    duration_s = Fraction(len(match)) / match.frame_rate_hz
    return MediaInfo("tracking", "", (1, 1), 0, match.frame_rate_hz, False, duration_s, len(match), 0)


def _write_manifest(folder: RunFolder, provenance: Mapping[str, Any], media: MediaInfo) -> None:
    write_json(
        folder.root / MANIFEST,
        {
            "format": 1,
            "run": {"id": None, "app": APP, "created_s": None, "attempts": 1},
            "provenance": provenance,
            "media": {
                "container": media.container,
                "codec": media.codec,
                "height_px": media.size[0],
                "width_px": media.size[1],
                "rotation_deg": 0,
                "frame_rate_hz": str(media.frame_rate_hz),
                "variable_frame_rate": False,
                "duration_s": float(media.duration_s),
                "frames": media.frames,
                "audio_codec": None,
            },
            "ledger": read_ledger(ParquetTables(folder.tables)).to_json(),
            "versions": {"python": host.python_version(), **versions()},
            "performance": {},
            "files": folder.described(),
        },
    )
