"""Sends log messages to the terminal and to a file; set up by the command line alone.

Whatever a message or a trace holds, passwords, keys and tokens do not leave the process.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import structlog

from sightline.core.redact import GONE, SECRET_NAMES, redacted

if TYPE_CHECKING:
    from sightline.settings import Settings

_FILE_BYTES = 5_000_000
_FILES_KEPT = 3
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def without_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blot out what is a secret by its name; a structlog processor."""
    for name in event:
        if name.lower() in SECRET_NAMES:
            event[name] = GONE
    return event


def _redacted(_logger: Any, _method: str, line: Any) -> str:
    """Blot out secrets in the whole line, its trace too, as it leaves."""
    return redacted(str(line))


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    without_secrets,
]


def configure_logs(settings: Settings) -> None:
    """Send messages from `log_level` up to the terminal and from `info` up to a file under `home`."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    level = _LEVELS[settings.log_level]
    root = logging.getLogger("sightline")
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(min(level, logging.INFO))
    root.propagate = False
    root.addHandler(_terminal(level, as_json=settings.log_format == "json"))
    file = _file(settings.logs)
    if file is not None:
        root.addHandler(file)


def _terminal(level: int, *, as_json: bool) -> logging.Handler:
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(level)
    render = structlog.processors.JSONRenderer() if as_json else _plain
    handler.setFormatter(_formatter(structlog.processors.format_exc_info if as_json else _no_trace, render))
    if level <= logging.DEBUG and not as_json:
        handler.setFormatter(_formatter(structlog.processors.format_exc_info, _plain))
    return handler


class _LogFile(RotatingFileHandler):
    """Makes a line of a message once; its base does it twice, first to see whether the file has room for it."""

    _made: tuple[logging.LogRecord | None, str] = (None, "")

    def format(self, record: logging.LogRecord) -> str:
        if self._made[0] is not record:
            self._made = (record, super().format(record))
        return self._made[1]


def _file(folder: Path) -> logging.Handler | None:
    """Give the log file's handler; a folder that cannot be written to costs the log, never the work."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = _LogFile(
            folder / "sightline.log", maxBytes=_FILE_BYTES, backupCount=_FILES_KEPT, encoding="utf-8"
        )
    except OSError:
        return None
    handler.setLevel(logging.INFO)
    handler.setFormatter(
        _formatter(
            structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)
        )
    )
    return handler


def _formatter(trace: Any, render: Any) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, trace, render, _redacted],
    )


def _no_trace(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event.pop("exc_info", None)
    return event


def _plain(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    """Give `level: event key=value ...` on one line, a trace below it."""
    rest = dict(event)
    for name in ("timestamp", "logger"):
        rest.pop(name, None)
    level, message, trace = rest.pop("level", "info"), rest.pop("event", ""), rest.pop("exception", None)
    line = " ".join([f"{level}: {message}", *(f"{key}={value}" for key, value in rest.items())])
    return f"{line}\n{trace}" if trace else line


def log_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> str:
    """Write an unforeseen error's trace to the log file and say where that is."""
    from sightline.core.errors import SettingsError
    from sightline.settings import read_settings

    try:
        settings = read_settings(log_level="error")
    except SettingsError:
        return "the settings cannot be read, so there is no log"
    handler = _file(settings.logs)
    if handler is None:
        return f"{settings.logs} cannot be written to, so there is no log"
    record = logging.LogRecord(
        "sightline", logging.ERROR, "", 0, "crashed", None, exc_info=(kind, error, trace)
    )
    handler.handle(record)
    handler.close()
    return f"the trace is in {settings.logs / 'sightline.log'}"
