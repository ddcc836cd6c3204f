"""What a machine gives is read from the kernel, containers' limits included."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sightline.core.machine import Machine, this_machine

CPUINFO = """processor : 0
vendor_id : AuthenticAMD
model name : Some CPU 9000
flags : fpu avx2 avx512_bf16

processor : 1
model name : Other
flags : fpu
"""


def machine(root: Path, **files: str) -> Machine:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("DOT", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return this_machine(root)


@pytest.fixture
def many_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)


def test_the_processor_is_named_with_its_abilities(tmp_path):
    seen = machine(tmp_path, proc__cpuinfo=CPUINFO)
    assert (seen.cpu, seen.flags) == ("Some CPU 9000", {"fpu", "avx2", "avx512_bf16"})
    assert seen.vendor == "AuthenticAMD"
    assert seen.quick_bf16


@pytest.mark.parametrize(
    ("quota", "cores"),
    [("max 100000", 16), ("200000 100000", 2), ("150000 100000", 2), ("50000 100000", 1), ("junk", 16)],
)
def test_a_containers_share_limits_the_cores(tmp_path, many_cores, quota, cores):
    assert machine(tmp_path, sys__fs__cgroup__cpuDOTmax=quota).cores == cores


def test_older_containers_say_it_elsewhere(tmp_path, many_cores):
    seen = machine(
        tmp_path,
        sys__fs__cgroup__cpu__cpuDOTcfs_quota_us="300000",
        sys__fs__cgroup__cpu__cpuDOTcfs_period_us="100000",
    )
    assert seen.cores == 3


def test_the_smaller_memory_counts(tmp_path):
    assert machine(tmp_path, proc__meminfo="MemTotal: 8000 kB\nMemFree: 1 kB\n").memory_bytes == 8_192_000
    assert machine(tmp_path, sys__fs__cgroup__memoryDOTmax="4096").memory_bytes == 4096
    assert machine(tmp_path, sys__fs__cgroup__memoryDOTmax="max").memory_bytes == 8_192_000


def test_a_machine_that_tells_nothing_still_has_a_core(tmp_path):
    seen = this_machine(tmp_path)
    assert seen.cores >= 1
    assert (seen.memory_bytes, seen.cpu, seen.flags) == (None, "", frozenset())


@pytest.mark.parametrize(
    ("wanted", "vendor", "flags", "expected"),
    [
        ("auto", "AuthenticAMD", {"avx512_bf16"}, "bf16"),
        ("auto", "GenuineIntel", {"avx512_bf16", "amx_bf16"}, "bf16"),
        ("auto", "GenuineIntel", {"avx512_bf16"}, "f32"),
        ("auto", "AuthenticAMD", {"avx2"}, "f32"),
        ("auto", "", set(), "f32"),
        ("f32", "AuthenticAMD", {"avx512_bf16"}, "f32"),
        ("int8", "", set(), "int8"),
    ],
)
def test_auto_is_bf16_only_where_that_is_faster(wanted, vendor, flags, expected):
    machine = Machine(cores=1, vendor=vendor, flags=frozenset(flags))
    assert machine.precision(wanted) == expected
