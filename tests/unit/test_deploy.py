"""The files under deploy/ say nothing that Sightline does not know; systemd and YAML can read them."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
import yaml

from factories import ROOT
from sightline.cli.main import Commands
from sightline.settings import PREFIX, Settings
from sightline.worker.celery import QUEUES

DEPLOY = ROOT / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_only_settings_that_there_are_are_named(path):
    named = set(re.findall(PREFIX + r"[A-Z0-9_]+", path.read_text(encoding="utf-8")))
    assert named <= {PREFIX + name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_only_commands_that_there_are_are_called(path):
    text = path.read_text(encoding="utf-8")
    called = re.findall(
        r"(?:bin/sightline|: \[sightline,|exec api sightline|CMD \[\"sightline\",) \"?(\w+)", text
    )
    assert set(called) <= set(Commands.entries)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_takes_each_unit(path, tmp_path):
    """With what is on no test machine (our program, our user) put in place of what is."""
    text = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", path.read_text(encoding="utf-8"))
    text = re.sub(r"(?m)^(User|Group)=.*", r"\1=root", text)
    unit = tmp_path / path.name.replace("@", "@cpu")
    unit.write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    if "Failed to initialize manager" in done.stderr:
        pytest.skip(done.stderr)
    said = [line for line in done.stderr.splitlines() if unit.name in line and "not found" not in line]
    assert said == []


def test_the_services_of_compose_hang_together():
    found = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    services = found["services"]
    assert {"api", "worker", "postgres", "redis", "s3"} <= set(services)
    for service in services.values():
        wanted = service.get("depends_on", {})
        assert set(wanted) <= set(services)
        mounted = {volume.partition(":")[0] for volume in service.get("volumes", ())}
        assert mounted <= set(found["volumes"])
        if "--queues" in service.get("command", ()):
            assert service["command"][service["command"].index("--queues") + 1] in QUEUES
    assert (DEPLOY / services["api"]["build"]["context"] / services["api"]["build"]["dockerfile"]).is_file()
