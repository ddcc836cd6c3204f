"""Runs in a process apart: whatever happens to it, the worker goes on."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from sightline.service.jobs.settle import Stop
from sightline.service.jobs.work import Order
from sightline.settings import read_settings
from sightline.worker import process as process_module
from sightline.worker.process import RunProcess

# Stands in for `sightline.worker.child`: does what the run's name says.
CHILD = """
import json, os, sys, time
sys.stdin.readline()
for line in sys.stdin:
    said = json.loads(line)
    name = said.get("run", "")
    if name == "abort":
        print("Fatal: bad bitstream", file=sys.stderr, flush=True)
        os.abort()
    if name == "large":
        held = b"x" * 300_000_000
        time.sleep(60)
    if name.startswith("hang") or "stop" in said and said["stop"] == "hang deaf":
        continue
    print(json.dumps({"ended": name, "pid": os.getpid()}), flush=True)
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def process(tmp_path):
    process = RunProcess(read_settings(home=tmp_path), command=[sys.executable, "-c", CHILD])
    yield process
    process.close()


def order(name):
    return Order(name, "w1", 1, 2)


def pid(process):
    return process._process.pid if process._process else None


def test_one_process_serves_run_after_run(process):
    process(order("a"))
    first = pid(process)
    process(order("b"))
    assert pid(process) == first


def test_a_run_that_kills_the_interpreter_fails_alone(process):
    process(order("a"))
    first = pid(process)
    process(order("abort"))
    assert pid(process) is None
    process(order("b"))
    assert pid(process) not in {None, first}


def test_a_process_that_died_between_runs_is_replaced(process):
    process(order("a"))
    process._process.kill()
    process._process.wait()
    process(order("b"))
    assert pid(process) is not None


def test_a_run_ends_by_itself_when_it_is_told_to_stop(process):
    wanted = order("hang")
    threading.Timer(0.2, wanted.stop, [Stop.CLOSING]).start()
    process(wanted)
    assert pid(process) is not None


@pytest.mark.parametrize("why", [Stop.CANCELLED, Stop.LOST, Stop.TIMEOUT])
def test_a_run_that_does_not_hear_is_killed(process, why):
    wanted = order("hang deaf")
    threading.Timer(0.2, wanted.stop, [why]).start()
    process(wanted)
    assert pid(process) is None


@pytest.mark.skipif(sys.platform != "linux", reason="memory is only watched on Linux")
def test_a_run_that_takes_too_much_memory_is_killed_and_the_worker_goes_on(tmp_path):
    settings = read_settings(home=tmp_path, run_memory_bytes=200_000_000)
    process = RunProcess(settings, command=[sys.executable, "-c", CHILD])
    process(order("a"))
    first, wanted = pid(process), order("large")
    process(wanted)
    assert (wanted.why, pid(process)) == (Stop.MEMORY, None)
    process(order("b"))
    assert pid(process) not in {None, first}
    process.close()


def test_after_many_runs_a_fresh_process_takes_over(process, monkeypatch):
    monkeypatch.setattr(process_module, "_MOST_RUNS", 2)
    seen = []
    for number in range(4):
        process(order(f"r{number}"))
        seen.append(pid(process))
    assert seen[0] == seen[1] != seen[2] == seen[3]


def test_a_run_gives_way_to_who_waits_for_an_answer():
    code = "import os; from sightline.worker.child import yield_to_others; yield_to_others(7)"
    show = "print(os.getpriority(os.PRIO_PROCESS, 0) - before)"
    command = [
        sys.executable,
        "-c",
        f"import os; before = os.getpriority(os.PRIO_PROCESS, 0); {code}; {show}",
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=True, start_new_session=True)
    assert told.stdout == "7\n"
