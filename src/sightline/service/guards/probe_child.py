"""The process that looks into one stranger's file; see `probe.py`. It reads what to do on stdin as JSON."""

from __future__ import annotations

import json
import math
import resource
import select
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sightline.core.errors import MediaError
from sightline.media.container import MediaLimits
from sightline.media.index import index_video

_PAGE_BYTES = resource.getpagesize()
_FILES = 32
_PATIENCE_S = 120.0


def bound(memory_bytes: int, cpu_s: float) -> None:
    """Have the operating system refuse more memory, processor time and files, and any writing."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most_bytes = pages * _PAGE_BYTES + memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(cpu_s), math.ceil(cpu_s) + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def answered(asked: dict[str, Any]) -> str:
    """Give the file's facts, or why there are none, as JSON."""
    try:
        info = index_video(Path(asked["path"]), MediaLimits(**asked["limits"])).info
    except MediaError as error:
        named = error.message.replace(asked["path"], "the file")  # where it lies is the server's business
        return json.dumps({"code": error.code, "message": named, "hint": error.hint})
    return json.dumps(asdict(info), default=str)


def main() -> None:
    """Answer, and end; without a question for long, end as well."""
    if not select.select([sys.stdin], [], [], _PATIENCE_S)[0]:
        return
    asked = json.load(sys.stdin)
    bound(asked["memory_bytes"], asked["cpu_s"])
    sys.stdout.write(answered(asked))


if __name__ == "__main__":
    main()
