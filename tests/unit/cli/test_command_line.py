"""The door: finds commands, teaches by --help, and ends every failure in one line and a status."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
import typer

import sightline
from sightline import plugins
from sightline.cli import main as entry
from sightline.cli.lazy import load
from sightline.cli.main import Commands, one_line, run
from sightline.cli.options import own_options
from sightline.core.errors import OutputFullError, RunCancelled
from sightline.settings import Settings

COMMANDS = list(Commands.entries)


@pytest.fixture(params=COMMANDS)
def command(request):
    return request.param, load(request.param, Commands.entries[request.param])


def leaves():
    for name in COMMANDS:
        loaded = load(name, Commands.entries[name])
        for child in getattr(loaded, "commands", {}):
            yield [name, child]
        if not getattr(loaded, "commands", {}):
            yield [name]


def test_the_table_says_what_the_commands_say_of_themselves(command):
    name, loaded = command
    assert (loaded.help or "").strip().splitlines()[0] == Commands.entries[name].summary


def test_help_lists_every_command_in_its_section(capsys):
    assert run(["--help"]) == 0
    out = capsys.readouterr().out
    for name, one in Commands.entries.items():
        assert re.search(rf"^  {name} +{re.escape(one.summary)}$", out, re.MULTILINE)
        assert f"\n{one.section}:\n" in out


@pytest.mark.parametrize("name", ["models", "evaluate"])
def test_a_group_lists_its_commands_with_their_first_sentences_whole(name, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    assert run([name, "--help"]) == 0
    listed = " ".join(capsys.readouterr().out.partition("\nCommands:\n")[2].split())
    for child, command in load(name, Commands.entries[name]).commands.items():
        assert f"{child} {' '.join(command.help.split(chr(10) * 2)[0].split())}" in listed


def test_a_command_that_is_misspelt_is_told_what_is_like_it(capsys):
    assert run(["analyse", "street.mp4"]) == 2
    assert capsys.readouterr().err == (
        "error[usage]: No such command 'analyse'; did you mean analyze? hint: sightline --help\n"
    )


def test_the_help_of_export_names_every_format(capsys):
    assert run(["export", "--help"]) == 0
    out = capsys.readouterr().out
    assert [name for name in plugins.names("exports") if name not in out] == []


def test_it_runs_as_a_module_too():
    command = [sys.executable, "-m", "sightline", "--version"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout == f"sightline {sightline.__version__}\n"


@pytest.mark.parametrize(
    ("ending", "status", "says"), [(">&-", 0, ""), (">&- 2>&-", 0, ""), (">/dev/full", 1, "output_full")]
)
def test_output_that_goes_nowhere_or_does_not_fit_is_no_riddle(ending, status, says):
    command = f"{sys.executable} -m sightline settings {ending}"
    answer = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stderr.count("\n")) == (status, int(bool(says)))
    assert says in answer.stderr


def test_no_command_shows_the_help(capsys):
    assert run([]) == 0
    assert "Usage: sightline" in capsys.readouterr().out


@pytest.mark.parametrize("argv", [["--version"], ["version"]])
def test_the_version_is_shown(argv, capsys):
    assert run(argv) == 0
    assert capsys.readouterr().out == f"sightline {sightline.__version__}\n"


def test_a_name_that_is_no_text_is_refused(capsys):
    assert run(["analyze", os.fsdecode(b"na\xefve.mp4")]) == 1
    assert "error[settings_invalid]: the name na\\udcefve.mp4 is not UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize("words", list(leaves()), ids=" ".join)
def test_every_command_teaches_by_example(words, capsys):
    assert run([*words, "--help"]) == 0
    out = capsys.readouterr().out
    shown = out.split("Examples:")[1]
    assert f"sightline {' '.join(words)}" in shown


@pytest.mark.parametrize("words", list(leaves()), ids=" ".join)
def test_every_option_is_explained(words):
    loaded = load(words[0], Commands.entries[words[0]])
    if len(words) > 1:
        loaded = loaded.commands[words[1]]
    for parameter in loaded.params:
        if parameter.name != "help":
            assert parameter.help, f"{words} {parameter.name}"
            assert parameter.help.endswith("."), f"{words} {parameter.name}: {parameter.help}"


def test_the_defaults_that_help_shows_are_those_of_the_settings():
    """Options left out fall back to the settings, so the text must follow them."""
    loaded = load("analyze", Commands.entries["analyze"])
    shown = {one.name: one.show_default for one in loaded.params}
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    for name in ("model", "precision", "runtime", "threads", "batch"):
        assert shown[name] == str(defaults[name]), name
    assert shown["segment_s"] == f"{defaults['segment_s']:g}"


@pytest.mark.parametrize(
    ("case", "argv", "says"),
    [
        ("unknown command", ["analise"], r"No such command.*hint: sightline --help"),
        ("unknown option", ["analyze", "x.mp4", "--nope"], r"hint: sightline analyze --help"),
        (
            "a setting of another app",
            ["analyze", "x.mp4", "--home-kit", "red"],
            r"No such option: --home-kit",
        ),
        ("one name too many", ["analyze", "x.mp4", "y.mp4"], r"unexpected extra argument"),
        ("missing argument", ["analyze"], r"[Mm]issing argument"),
        ("missing option", ["track", "--fps", "25"], r"[Mm]issing option"),
        ("out of range", ["analyze", "x.mp4", "--stride", "0"], r"--stride"),
        ("not a number", ["analyze", "x.mp4", "--stride", "two"], r"--stride"),
        ("no pair", ["analyze", "x.mp4", "--set", "stride"], r"not KEY=VALUE"),
        ("no size", ["simulate", "people", "-o", "x", "--size", "big"], r"not WIDTHxHEIGHT"),
        ("no state", ["runs", "list", "--state", "lost"], r"none of queued"),
        ("missing subcommand", ["runs"], r"[Mm]issing command"),
    ],
)
def test_a_command_written_wrongly_is_status_2_and_one_line(case, argv, says, capsys):
    assert run(argv) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith("error[usage]: ")
    assert re.search(says, said.err)


@pytest.mark.parametrize(
    ("case", "argv", "code"),
    [
        ("missing file", ["analyze", "nothing.mp4"], "source_unavailable"),
        ("no results", ["sql", ".", "select 1"], "config_invalid"),
        ("no run", ["runs", "show", "nobody"], "run_not_found"),
        ("no format", ["export", ".", "--format", "xml", "-o", "x"], "unknown_plugin"),
        (
            "no option of that format",
            ["export", ".", "-f", "mot", "-o", "x", "--set", "a=1"],
            "settings_invalid",
        ),
        ("no scene", ["simulate", "chess", "-o", "x"], "unknown_plugin"),
        ("no model", ["models", "show", "nothing"], "unknown_plugin"),
        ("no truth", ["evaluate", "mot", "--truth", "a.txt", "--tracks", "b.txt"], "source_unavailable"),
        ("no detections", ["track", "--detections", "a.txt", "--fps", "25", "-o", "b"], "source_unavailable"),
    ],
)
def test_what_cannot_be_done_is_status_1_and_one_line(case, argv, code, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(argv) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(rf"error\[{code}\]: .+\. hint: .+\n", said.err)
    assert [path.name for path in tmp_path.iterdir()] == []


def test_a_wrong_setting_is_one_line(monkeypatch, capsys):
    monkeypatch.setenv("SIGHTLINE_THREADS", "many")
    assert run(["settings"]) == 1
    assert re.fullmatch(r"error\[settings_invalid\]: SIGHTLINE_THREADS='many'.+\n", capsys.readouterr().err)


def test_a_misspelled_setting_is_pointed_out(monkeypatch, capsys):
    monkeypatch.setenv("SIGHTLINE_TREADS", "2")
    assert run(["settings"]) == 0
    assert "SIGHTLINE_TREADS names no setting" in capsys.readouterr().err


def ending_in(monkeypatch, error: BaseException) -> None:
    app = typer.Typer()

    @app.command()
    def fail() -> None:
        raise error

    monkeypatch.setattr(entry, "app", app)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RunCancelled()], ids=repr)
def test_a_stop_is_status_130(error, monkeypatch, capsys):
    ending_in(monkeypatch, error)
    assert run([]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_a_message_of_several_lines_becomes_one(monkeypatch, capsys):
    ending_in(monkeypatch, OutputFullError("no room\n  left", hint="free\nsome"))
    assert run([]) == 1
    assert capsys.readouterr().err == "error[output_full]: no room left. hint: free some\n"


def test_what_nobody_foresaw_is_one_line_and_the_trace_is_in_the_log(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("SIGHTLINE_HOME", str(tmp_path))
    with pytest.raises(ZeroDivisionError) as caught:
        1 // 0  # noqa: B018
    one_line(caught.type, caught.value, caught.tb)
    said = capsys.readouterr().err
    assert said.startswith(
        "error[internal]: ZeroDivisionError: integer division or modulo by zero. hint: the trace"
    )
    assert said.count("\n") == 1
    log = (tmp_path / "logs" / "sightline.log").read_text()
    assert "ZeroDivisionError: integer division" in log
    assert "Traceback" in log


def test_a_crash_without_a_log_folder_still_says_one_line(capsys, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("SIGHTLINE_HOME", str(tmp_path / "file"))
    one_line(ValueError, ValueError("oh"), None)
    assert "cannot be written to, so there is no log" in capsys.readouterr().err


def started(*argv: str, code: str = "from sightline.cli.main import main; main()"):
    return subprocess.run(
        [sys.executable, "-c", code, *argv], capture_output=True, text=True, env=os.environ, timeout=60
    )


@pytest.mark.slow
def test_help_loads_nothing_heavy():
    done = started(
        "--help",
        code="import sys, atexit; atexit.register(lambda: print([m for m in ('numpy','cv2','av','pyarrow',"
        "'openvino','pydantic','sqlalchemy','rich','duckdb','structlog','yaml') if m in sys.modules]));"
        "from sightline.cli.main import main; main()",
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.slow
def test_as_a_program_it_shows_a_trace_only_when_asked():
    crash = (
        "from sightline.cli import main as m\n"
        "def boom(argv): raise ZeroDivisionError('so it goes')\n"
        "m.run = boom\nm.main()"
    )
    quiet, loud = started(code=crash), started("--debug", code=crash)
    assert quiet.returncode == loud.returncode == 1
    assert quiet.stderr.count("\n") == 1
    assert "Traceback" in loud.stderr
    assert started("version").stdout.startswith("sightline ")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--home-kit", "red"], {"home_kit": "red"}),
        (["--home-kit=#d5202f", "--kit-every", "5"], {"home_kit": "#d5202f", "kit_every": 5}),
        (["--periods", "[[0, 60.5]]"], {"periods": [[0, 60.5]]}),
        (["--home-kit", "--kit-every=2"], {"home_kit": True, "kit_every": 2}),
        ([], {}),
    ],
)
def test_settings_of_an_app_are_options_of_their_own(words, found):
    context = typer.Context(load("analyze", Commands.entries["analyze"]))
    context.args = words

    assert own_options(context, {"home_kit", "kit_every", "periods"}) == found


def test_times_given_as_settings_stay_text():
    from sightline.cli.options import pairs

    assert pairs(["video_start=2024-05-01T10:00:00Z", "day=2024-05-01", "n=3"]) == {
        "video_start": "2024-05-01T10:00:00Z",
        "day": "2024-05-01",
        "n": 3,
    }


def test_what_any_scene_lets_one_choose_is_an_option_of_its_own(tmp_path, capsys):
    asked = [
        "simulate",
        "football",
        "--seconds",
        "0.1",
        "--size",
        "320x180",
        "--pictures",
        "none",
        "--weather",
        "hail",
    ]
    assert run([*asked, "-o", str(tmp_path / "scene")]) == 1
    assert "weather cannot be 'hail'" in capsys.readouterr().err
