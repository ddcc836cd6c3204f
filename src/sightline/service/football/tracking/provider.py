"""Reads tracking data of any provider that kloppy reads, checks what its metadata claim, and gives a `Match`.

The formats whose parsing takes longest have readers of our own. Such a reader is asked first; it gives arrays, which
are held against what kloppy makes of some lines of the same file. Where it finds something unusual, or kloppy
sees something else in those lines, kloppy reads the whole file.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.core.errors import ConfigError, UnsupportedFormatError
from sightline.service.football.tracking.absent import (
    Mend,
    mend_pff,
    mend_second_spectrum,
    mend_skillcorner,
    mended,
)
from sightline.service.football.tracking.accept import match_of
from sightline.service.football.tracking.agreement import agree, some_lines
from sightline.service.football.tracking.files import (
    check_files,
    check_sides,
    hint_of,
    open_text,
    provider_of,
)
from sightline.service.football.tracking.records import claims_of, readout_of
from sightline.service.football.tracking.second_spectrum import read_second_spectrum
from sightline.service.football.tracking.tracab import read_tracab

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sightline.analytics.football.match import Match, PitchSize
    from sightline.service.football.tracking.readout import Claims, Readout

_EVENTS = {"datafactory", "impect", "opta", "statsbomb", "wyscout"}
_SPACE = "secondspectrum"  # kloppy's name for ours: metres from the centre spot, y up


@dataclass(frozen=True, slots=True)
class Loader:
    """How kloppy is called for one provider.

    Attributes:
        module: Of kloppy.
        function: In it.
        tracking: Its arguments that take the tracking files, in the order a user gives them.
        meta: Its arguments that take the metadata files; a name that ends in `?` may be left out.
        many: Whether the one tracking argument takes a list of files.
        by_path: Whether it is given paths: it opens files more than once, or looks at their names.
        sides: Words in the first lines of the tracking files, where each is of one team.
        sized: Whether it takes the pitch's size.
        fixed: Further arguments.
        in_play: What gives the numbers of the file's frames in play, where kloppy leaves out without a word what
            is outside of the metadata's periods.
        ends: What gives the way the home team attacks, +1 or -1 by period, as the metadata tell it.
        quick: A reader of our own for its plain files; it gives None where it meets something unusual.
        mend: What makes a frame that kloppy stumbles over, as somebody is absent, one that it reads.
    """

    module: str
    function: str
    tracking: tuple[str, ...] = ("raw_data",)
    meta: tuple[str, ...] = ("meta_data",)
    many: bool = False
    by_path: bool = False
    sides: tuple[str, ...] = ()
    sized: bool = False
    fixed: Mapping[str, Any] = field(default_factory=dict)
    in_play: Callable[[Path], NDArray[np.int64]] | None = None
    ends: Callable[[Sequence[Path]], dict[int, int]] | None = None
    quick: Callable[[Path, Claims], Readout | None] | None = None
    mend: Mend | None = None


def _tracab_in_play(path: Path) -> NDArray[np.int64]:
    """Give the numbers of the lines of a .dat file that say that play is on."""
    numbers = []
    with path.open("rb") as file:
        for line in file:
            head = line[:12].split(b":", 1)[0].strip()
            if head.isdigit() and b",Alive" in line[-64:]:
                numbers.append(int(head))
    return np.array(numbers, np.int64)


def _second_spectrum_ends(meta: Sequence[Path]) -> dict[int, int]:
    """Give what `homeAttPositive` says of each period."""
    ends = {}
    for path in meta:
        facts = _json(path)
        for period in facts.get("periods", []) if isinstance(facts, dict) else []:
            if isinstance(period, dict) and isinstance(period.get("homeAttPositive"), bool):
                ends[int(period["number"])] = 1 if period["homeAttPositive"] else -1
    return ends


def _pff_ends(meta: Sequence[Path]) -> dict[int, int]:
    """Give what `homeTeamStartLeft` says of the first half."""
    facts = _json(meta[0])
    match = facts[0] if isinstance(facts, list) and facts else {}
    left = match.get("homeTeamStartLeft") if isinstance(match, dict) else None
    return {1: 1 if left else -1} if isinstance(left, bool) else {}


def _skillcorner_ends(meta: Sequence[Path]) -> dict[int, int]:
    """Give what `home_team_side` says of each period."""
    facts = _json(meta[0])
    sides = facts.get("home_team_side") if isinstance(facts, dict) else None
    ways = {"left_to_right": 1, "right_to_left": -1}
    told = enumerate(sides if isinstance(sides, list) else [], start=1)
    return {number: ways[side] for number, side in told if isinstance(side, str) and side in ways}


def _tracab_ends(meta: Sequence[Path]) -> dict[int, int]:
    """Give what `Phase1HomeGKLeft` says of the first half; later phases are not filled in by everybody."""
    text = meta[0].read_bytes().decode("utf-8", "replace")
    found = re.search(r'Phase1HomeGKLeft"?\s*[>:]\s*"?(true|false|1|0)', text, re.IGNORECASE)
    return {1: 1 if found[1].lower() in {"true", "1"} else -1} if found else {}


def _json(path: Path) -> Any:
    """Give a JSON file's content, None where it is another kind of file: kloppy has accepted it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None


LOADERS: Mapping[str, Loader] = {
    "secondspectrum": Loader(
        "secondspectrum",
        "load",
        meta=("meta_data", "additional_meta_data?"),
        ends=_second_spectrum_ends,
        quick=read_second_spectrum,
        mend=mend_second_spectrum,
    ),
    "tracab": Loader("tracab", "load", in_play=_tracab_in_play, ends=_tracab_ends, quick=read_tracab),
    "skillcorner": Loader("skillcorner", "load", ends=_skillcorner_ends, mend=mend_skillcorner),
    "metrica": Loader("metrica", "load_tracking_csv", ("home_data", "away_data"), (), sides=("Home", "Away")),
    "metrica-epts": Loader("metrica", "load_tracking_epts"),
    "pff": Loader(
        "pff", "load_tracking", meta=("meta_data", "roster_meta_data"), ends=_pff_ends, mend=mend_pff
    ),
    "sportec": Loader("sportec", "load_tracking"),
    "statsperform": Loader(
        "statsperform",
        "load_tracking",
        ("ma25_data",),
        ("ma1_data",),
        sized=True,
        fixed={"tracking_system": "sportvu"},
    ),
    "signality": Loader(
        "signality", "load", ("raw_data_feeds",), ("meta_data", "venue_information"), many=True, by_path=True
    ),
    "hawkeye": Loader(
        "hawkeye", "load", ("ball_feeds", "player_centroid_feeds"), ("meta_data?",), sized=True, by_path=True
    ),
}


def load_match(
    provider: str,
    tracking: Path | Sequence[Path],
    meta: Path | Sequence[Path] | None = None,
    *,
    pitch: PitchSize | None = None,
) -> Match:
    """Read a match from a provider's files.

    Args:
        provider: A name in `LOADERS`.
        tracking: The tracking file, or several where the provider has several (Metrica's home and away CSV).
        meta: The metadata file, or several (PFF: match, roster).
        pitch: Its size, for providers whose files do not tell it (Stats Perform, Hawk-Eye); else ignored.

    Returns:
        The match in `Space.PITCH_M`, as the provider turned it; `home_attacks` is what most frames show.

    Raises:
        ConfigError: The provider is not known, or needs other files.
        SourceUnavailableError: A file is not there.
        UnsupportedFormatError: The files are not what the provider writes, or their metadata are wrong: a period
            that is missing, sides swapped, a frame rate that the times contradict, players who share an id.
    """
    return load_named_match(provider, tracking, meta, pitch=pitch)[0]


def load_named_match(
    provider: str,
    tracking: Path | Sequence[Path],
    meta: Path | Sequence[Path] | None = None,
    *,
    pitch: PitchSize | None = None,
) -> tuple[Match, dict[str, str]]:
    """Give the match as `load_match` does, and what its teams, `home` and `away`, are called where that is told."""
    seen = _read_quickly(provider, tracking, meta) or _read(provider, tracking, meta, pitch)
    told = LOADERS[provider].ends
    match = match_of(seen, told=told(_paths(meta)) if told else {})
    return match, {team.value: name for team, name in seen.claims.names.items()}


def _read(
    provider: str,
    tracking: Path | Sequence[Path],
    meta: Path | Sequence[Path] | None,
    pitch: PitchSize | None,
) -> Readout:
    """Read with kloppy."""
    dataset = load_dataset(provider, tracking, meta, pitch=pitch)
    in_play = LOADERS[provider].in_play
    return readout_of(dataset, in_play=in_play(_paths(tracking)[0]) if in_play else None)


def _read_quickly(
    provider: str, tracking: Path | Sequence[Path], meta: Path | Sequence[Path] | None
) -> Readout | None:
    """Read with our own reader; None where there is none, or where kloppy is to read this."""
    loader, files = LOADERS.get(provider), _paths(tracking)
    if loader is None or loader.quick is None or len(files) != 1 or _is_packed(files[0]):
        return None
    arguments = _arguments(provider, loader, files, _paths(meta), None)
    check_files([*files, *_paths(meta)], folders=loader.by_path)
    few = some_lines(files[0])
    if few is None:
        return None
    try:
        nothing, some = (
            _load(provider, loader, {**arguments, loader.tracking[0]: BytesIO(lines)})
            for lines in (b"\n", few)
        )
    except UnsupportedFormatError:
        return None
    seen = loader.quick(files[0], claims_of(nothing))
    return seen if seen is not None and agree(seen, some) else None


def load_dataset(
    provider: str,
    tracking: Path | Sequence[Path],
    meta: Path | Sequence[Path] | None = None,
    *,
    pitch: PitchSize | None = None,
) -> Any:
    """Read it as kloppy's `TrackingDataset` in our coordinates; see `load_match`.

    Raises:
        SightlineError: As `load_match`.
    """
    loader = LOADERS.get(provider)
    if loader is None:
        what = (
            f"{provider} gives events, not positions" if provider in _EVENTS else f"no provider {provider!r}"
        )
        raise ConfigError(what, hint=f"one of {', '.join(sorted(LOADERS))}")
    files, facts = _paths(tracking), _paths(meta)
    arguments = _arguments(provider, loader, files, facts, pitch)
    check_files([*files, *facts], folders=loader.by_path)
    check_sides(files, loader.sides)
    return _load(provider, loader, arguments, partial(hint_of, provider, files, facts))


def _load(
    provider: str, loader: Loader, arguments: Mapping[str, Any], hint: Callable[[], str | None] = lambda: None
) -> Any:
    """Have kloppy read the files; once more where that fails and frames can be mended."""
    try:
        return _parsed(provider, loader, arguments, hint)
    except UnsupportedFormatError:
        frames = _mended(loader, arguments[loader.tracking[0]])
        if frames is None:
            raise
    return _parsed(provider, loader, {**arguments, loader.tracking[0]: frames}, hint)


def _mended(loader: Loader, tracking: Path | BytesIO) -> BytesIO | None:
    if loader.mend is None or (isinstance(tracking, Path) and _is_packed(tracking)):
        return None
    with open_text(tracking) if isinstance(tracking, Path) else BytesIO(tracking.getvalue()) as file:
        frames = mended(file.read(), loader.mend)
    return None if frames is None else BytesIO(frames)


def _parsed(
    provider: str, loader: Loader, arguments: Mapping[str, Any], hint: Callable[[], str | None]
) -> Any:
    load = getattr(import_module(f"kloppy.{loader.module}"), loader.function)
    with ExitStack() as files, _understood(provider, hint):
        opened = {
            name: _named_by_path(value) if loader.by_path else _opened(value, files)
            for name, value in arguments.items()
        }
        return load(**opened, coordinates=_SPACE)


def _paths(given: Path | Sequence[Path] | None) -> list[Path]:
    if given is None:
        return []
    return [Path(given)] if isinstance(given, (str, Path)) else [Path(path) for path in given]


def _arguments(
    provider: str, loader: Loader, tracking: list[Path], meta: list[Path], pitch: PitchSize | None
) -> dict[str, Any]:
    arguments = dict(loader.fixed)
    if loader.many:
        arguments[loader.tracking[0]] = list(tracking)
        tracking = []
    arguments |= _named(provider, "tracking", loader.tracking[loader.many :], tracking)
    arguments |= _named(provider, "metadata", loader.meta, meta)
    if loader.sized:
        if pitch is None and provider == "statsperform":
            raise ConfigError(
                f"{provider} files do not tell the pitch's size",
                hint="give it in metres, as in --set pitch_length_m=105 --set pitch_width_m=68",
            )
        if pitch is not None:
            arguments |= {"pitch_length": pitch.length_m, "pitch_width": pitch.width_m}
    return arguments


def _named(provider: str, what: str, names: Sequence[str], paths: list[Path]) -> dict[str, Path]:
    needed = sum(not name.endswith("?") for name in names)
    if not needed <= len(paths) <= len(names):
        words = ", ".join(name.replace("?", " (optional)").replace("_", " ") for name in names) or "none"
        looks = next((looks for path in paths if (looks := provider_of(path)) not in {None, provider}), None)
        option = "--meta" if what == "metadata" else "--tracking"
        hint = f"they look like files of {looks}: --provider {looks}" if looks else f"name each by {option}"
        raise ConfigError(f"{provider} takes as {what} files: {words}; {len(paths)} given", hint=hint)
    return {name.removesuffix("?"): path for name, path in zip(names, paths, strict=False)}


def _named_by_path(value: Any) -> Any:
    if isinstance(value, list):
        return [str(one) for one in value]
    return str(value) if isinstance(value, Path) else value


def _opened(value: Any, files: ExitStack) -> Any:
    """Open plain files ourselves: kloppy leaves its own copies open. Folders and packed files are its to open."""
    if not isinstance(value, Path):
        return value
    if _is_packed(value):
        return str(value)
    return files.enter_context(open_text(value))


def _is_packed(path: Path) -> bool:
    return path.is_dir() or path.suffix in {".gz", ".xz", ".bz2"}


@contextmanager
def _understood(provider: str, hint: Callable[[], str | None]) -> Iterator[None]:
    """Turn whatever kloppy meets in a broken file into one error; its warnings about itself are not the user's."""
    from kloppy.exceptions import KloppyError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (
        KloppyError, LookupError, ValueError, TypeError, AttributeError, NameError, AssertionError, StopIteration,
        SyntaxError, NotImplementedError, ArithmeticError,
    ) as error:  # fmt: skip
        raise UnsupportedFormatError(
            f"kloppy cannot read these {provider} files: {type(error).__name__}: {_first_line(error)}",
            hint=hint() or _hint(error),
        ) from error


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0][:200]


def _hint(error: BaseException) -> str:
    if isinstance(error, UnicodeError):
        return "one of the files is no text: packed, or another kind of file"
    if isinstance(error, KeyError) and error.args == ("startFrameIdx",):
        return "its periods have no frames: give the .xml file first, then this one, each with --meta"
    if isinstance(error, LookupError):
        return "the metadata may lack a period or a player that the tracking has; check that the files belong together"
    if isinstance(error, ArithmeticError):
        return "the metadata may have a frame rate of 0"
    return "check that the files are of this provider and belong together"
