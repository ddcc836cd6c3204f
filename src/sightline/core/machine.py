"""What this machine can give: cores, memory and the processor's abilities, containers' limits included."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Machine:
    """Facts about the machine that a run may use.

    Attributes:
        cores: Whole cores this process may keep busy, at least 1.
        memory_bytes: Memory this process may use, None where it cannot be told.
        cpu: The processor's name, empty where it cannot be told.
        vendor: Who made it, as `AuthenticAMD`; empty where it cannot be told.
        flags: The processor's abilities as the kernel names them (`avx2`, `avx512_bf16`, ...).
    """

    cores: int
    memory_bytes: int | None = None
    cpu: str = ""
    vendor: str = ""
    flags: frozenset[str] = frozenset()

    @property
    def quick_bf16(self) -> bool:
        """Whether models run faster in bfloat16 than in float32.

        Measured with YOLOX-nano in OpenVINO 2026.4 on two cores: 1.2 to 1.3 times as fast on an AMD EPYC with
        AVX512-BF16, 0.75 times as fast on an Intel Xeon that has AVX512-BF16 but no AMX. So AMX counts, and
        AVX512-BF16 counts on AMD alone.
        """
        amd = self.vendor == "AuthenticAMD"
        return "amx_bf16" in self.flags or (amd and "avx512_bf16" in self.flags)

    def precision(self, wanted: str) -> str:
        """Give the precision that `wanted` stands for here: `auto` is `bf16` where that is quick, else `f32`."""
        if wanted != "auto":
            return wanted
        return "bf16" if self.quick_bf16 else "f32"


def this_machine(root: Path = Path("/")) -> Machine:
    """Look at the machine.

    Args:
        root: Where `proc` and `sys` lie; tests bring a folder of their own.
    """
    facts = _cpu(_text(root / "proc/cpuinfo"))
    return Machine(
        cores=_cores(root),
        memory_bytes=_memory_bytes(root),
        cpu=facts.get("model name", ""),
        vendor=facts.get("vendor_id", ""),
        flags=frozenset((facts.get("flags") or facts.get("Features") or "").split()),  # ARM says Features
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _cpu(cpuinfo: str) -> dict[str, str]:
    """Give what the kernel says of the first processor."""
    found: dict[str, str] = {}
    for line in cpuinfo.splitlines():
        key, separator, value = line.partition(":")
        if separator:
            found.setdefault(key.strip(), value.strip())
    return found


def _cores(root: Path) -> int:
    """Give the smaller of the cores allowed by affinity and by the container's quota."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(root)
    return max(1, min(allowed, math.ceil(quota))) if quota else allowed


def _quota(root: Path) -> float | None:
    """Give the container's share of processor time in cores, None where it has no limit (cgroup 2, then 1)."""
    limit, _, period = _text(root / "sys/fs/cgroup/cpu.max").strip().partition(" ")
    if not limit:
        limit = _text(root / "sys/fs/cgroup/cpu/cpu.cfs_quota_us").strip()
        period = _text(root / "sys/fs/cgroup/cpu/cpu.cfs_period_us").strip()
    if limit.isdigit() and period.isdigit() and int(period) > 0:
        return int(limit) / int(period)
    return None


def _memory_bytes(root: Path) -> int | None:
    """Give the smallest of the machine's memory and the container's limits."""
    lines = _text(root / "proc/meminfo").splitlines()
    found = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemTotal:")]
    for name in ("sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes"):
        limit = _text(root / name).strip()
        if limit.isdigit():
            found.append(int(limit))
    return min(found) if found else None
