"""What a whole run must not pull into memory."""

import json
import subprocess
import sys

import pytest
from commandline import environment

RUN = """
import json, sys
from sightline.cli.main import main
sys.argv = ["sightline", *sys.argv[1:]]
try:
    status = main()
except SystemExit as end:
    status = end.code
assert not status, status
print(json.dumps(sorted(sys.modules)))
"""


def modules_after(code: str, *arguments: str, home) -> set[str]:
    """Modules in memory once a fresh interpreter has run some code, which prints them."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env=environment(home),
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def after_a_run(people_clip, tmp_path_factory) -> set[str]:
    folder = tmp_path_factory.mktemp("lean")
    return modules_after(
        RUN, "analyze", str(people_clip), "--out", str(folder / "out"), "--no-annotate", home=folder / "home"
    )


@pytest.mark.parametrize(
    "package",
    [
        "pandas",
        "scipy.optimize",
        "matplotlib",
        "kloppy",
        "mplsoccer",
        "duckdb",
        "pyarrow.dataset",
        "pyarrow.compute",
    ],
)
def test_a_run_never_imports(package, after_a_run):
    assert package not in after_a_run


def test_a_run_does_write_tables_and_pair_boxes(after_a_run):
    assert {"pyarrow.parquet", "sightline.vision.track.assignment"} <= after_a_run


def test_openvino_reports_home_to_nobody(tmp_path):
    code = (
        "import json, sys\nimport sightline.vision.runtimes.openvino\nprint(json.dumps(sorted(sys.modules)))"
    )
    loaded = modules_after(code, home=tmp_path)
    assert "openvino" in loaded
    assert not [name for name in loaded if name.startswith(("openvino_telemetry", "openvino.tools.ovc"))]
