"""How Arrow behaves in this process."""

from __future__ import annotations

from functools import cache

import pyarrow as pa

from sightline.core.optional import without


@cache
def lean_arrow() -> None:
    """Keep Arrow from importing pandas and from hoarding memory; call it before the first table is made.

    Arrow asks pandas about the first value that it is given, whatever that is, and importing pandas for that answer
    takes 45 MB and seconds. It asks once: told that there is none, it goes on without, and whoever wants pandas from
    it later still gets it. Its own allocator keeps what tables have freed; the system's gives it back.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    with without("pandas"):
        pa.scalar(0)
