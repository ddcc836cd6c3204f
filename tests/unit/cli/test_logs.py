"""Messages go where they should and carry no passwords."""

from __future__ import annotations

import json

import pytest
import structlog

from sightline.cli.logs import configure_logs
from sightline.settings import read_settings

pytestmark = pytest.mark.usefixtures("logs_as_before")


def log_lines(home) -> list[dict]:
    text = (home / "logs" / "sightline.log").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_the_terminal_hears_warnings_and_the_file_hears_more(tmp_path, capsys):
    configure_logs(read_settings(home=tmp_path))
    log = structlog.get_logger("sightline.test").bind(run="r1")
    log.debug("too fine")
    log.info("worth keeping", frames=3)
    log.warning("worth knowing", file="Straße")
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "warning: worth knowing run=r1 file=Straße\n")
    first, second = log_lines(tmp_path)
    assert (first["event"], first["run"], first["frames"], first["level"]) == (
        "worth keeping",
        "r1",
        3,
        "info",
    )
    assert second["file"] == "Straße"
    assert first["timestamp"].endswith("Z")


def test_json_on_demand(tmp_path, capsys):
    configure_logs(read_settings(home=tmp_path, log_format="json", log_level="info"))
    structlog.get_logger("sightline.test").info("hello", n=1)
    assert json.loads(capsys.readouterr().err)["n"] == 1


def test_a_trace_is_in_the_file_and_on_the_terminal_only_when_debugging(tmp_path, capsys):
    for level, shown in (("warning", False), ("debug", True)):
        configure_logs(read_settings(home=tmp_path / level, log_level=level))
        try:
            1 // 0  # noqa: B018
        except ZeroDivisionError:
            structlog.get_logger("sightline.test").error("failed", exc_info=True)
        assert ("Traceback" in capsys.readouterr().err) is shown
        assert "ZeroDivisionError" in log_lines(tmp_path / level)[0]["exception"]


def test_a_password_is_blotted_out(tmp_path, capsys):
    configure_logs(read_settings(home=tmp_path))
    structlog.get_logger("sightline.test").warning(
        "cannot reach rtsp://me:secret@cam/1", url="postgres://a:b@c/d"
    )
    said = capsys.readouterr().err + str(log_lines(tmp_path))
    assert "secret" not in said
    assert "rtsp://me:***@cam/1" in said
    assert "postgres://a:***@c/d" in said


def test_a_secret_is_blotted_out_by_its_name_and_in_a_trace(tmp_path, capsys):
    configure_logs(read_settings(home=tmp_path, log_level="debug"))
    log = structlog.get_logger("sightline.test")
    log.warning("signed in", password="hunter2", Authorization="hunter2", frames=3)
    try:
        int('{"refresh_token": "hunter2"} https://x/?ticket=hunter2')
    except ValueError:
        log.exception("failed")
    said = capsys.readouterr().err + str(log_lines(tmp_path))
    assert "hunter2" not in said
    assert "frames=3" in said
    assert "Traceback" in said


@pytest.mark.parametrize("text", ["no address", "http://host/a:b@c", "12:30@noon"])
def test_what_is_no_password_stays(tmp_path, capsys, text):
    configure_logs(read_settings(home=tmp_path))
    structlog.get_logger("sightline.test").warning(text)
    assert capsys.readouterr().err == f"warning: {text}\n"


def test_a_folder_that_cannot_be_written_to_costs_only_the_file(tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    configure_logs(read_settings(home=tmp_path / "file"))
    structlog.get_logger("sightline.test").warning("still heard")
    assert capsys.readouterr().err == "warning: still heard\n"
