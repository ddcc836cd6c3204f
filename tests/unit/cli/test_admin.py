"""`sightline admin`, in this process, on a home of its own."""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
from contextlib import closing, contextmanager

import pytest

from factories import ROOT
from sightline.api.views.start import start_page
from sightline.bootstrap import build_platform
from sightline.cli.main import run
from sightline.core.accounts import Principal, Role
from sightline.core.runs import Run, RunState
from sightline.service.accounts.users import first_admin
from sightline.settings import read_settings


@pytest.fixture
def admin(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("SIGHTLINE_HOME", str(tmp_path))
    monkeypatch.setenv("SIGHTLINE_PASSWORD_MEMORY_KIB", "19456")

    def call(*arguments, status=0):
        assert run(["admin", *arguments]) == status
        return capsys.readouterr()

    return call


def test_users_and_keys_from_beginning_to_end(admin):
    assert "no users" in admin("users", "list").out
    made = json.loads(
        admin("users", "add", "Ada", "--role", "admin", "--url", "https://v.example/", "--json").out
    )
    assert made["link"].startswith("https://v.example/setup#ey")
    assert "ada" in admin("users", "list").out
    text = admin("keys", "add", "ada", "nightly", "--scope", "runs.*", "--days", "1").out.strip()
    assert text.startswith("sl_")
    shown = admin("keys", "list", "--user", "ada")
    assert "nightly" in shown.out
    assert text not in shown.out
    assert "holds no more" in admin("keys", "revoke", text.rpartition("_")[0]).out
    assert "no admin" in admin("users", "set", "ada", "--role", "viewer", status=1).err
    told = json.loads(admin("audit", "--json").out)
    assert [one["action"] for one in told] == ["keys.delete", "keys.create", "users.create"]
    assert {one["who"] for one in told} == {"local"}
    assert text not in json.dumps(told)


def test_a_user_is_shut_out_invited_and_deleted(admin):
    admin("users", "add", "eve")
    assert "may not come in" in admin("users", "set", "eve", "--shut").out
    assert "may come in" in admin("users", "set", "eve", "--open", "--role", "viewer").out
    assert "/setup#" in admin("users", "invite", "eve").out
    assert "forgotten" in admin("users", "delete", "eve").out
    assert "no user" in admin("users", "invite", "eve", status=1).err


def test_what_the_first_page_of_a_server_has_one_type_works(admin, tmp_path):
    platform = build_platform(read_settings(home=tmp_path))
    first_admin(platform)
    platform.runs.close()
    invite, key = re.findall(r"sightline admin ([^<\n]+)", start_page("1.0"))
    assert "/setup#" in admin(*shlex.split(invite)).out
    made = json.loads(admin(*shlex.split(key), "--json").out)
    assert made["text"].startswith("sl_")
    assert made["scopes"] == ["*"]  # the next step sends a video and runs it


@pytest.mark.parametrize(
    ("page", "needed"),
    [
        ("README.md", ("videos.create", "runs.create", "live.create")),
        ("docs/live.md", ("live.create", "account.read")),
    ],
)
def test_a_key_that_is_made_as_the_pages_say_is_good_for_what_they_then_do(admin, page, needed):
    admin("users", "add", "admin", "--role", "admin")
    command = re.search(r"sightline admin (keys add [^#\n]+)", (ROOT / page).read_text())[1]
    made = json.loads(admin(*shlex.split(command.replace("NAME", "admin")), "--json").out)
    who = Principal("u1", "admin", Role.ADMIN, scopes=frozenset(made["scopes"]))
    assert all(who.covers(action) for action in needed)


def test_a_key_for_which_nothing_is_said_is_good_for_reading_and_says_so(admin):
    admin("users", "add", "ada")
    told = admin("keys", "add", "ada", "ci")
    assert told.out.startswith("sl_")
    assert "reading alone" in told.err


def test_a_link_begins_with_the_servers_own_address(admin, monkeypatch):
    monkeypatch.setenv("SIGHTLINE_SERVER_ADDRESS", "https://video.example.org/")
    assert "https://video.example.org/setup#" in admin("users", "add", "ada").out


def test_what_is_wrong_is_said(admin):
    assert "none of" in admin("users", "add", "eve", "--role", "king", status=2).err
    assert "not a name" in admin("users", "add", "a\nb", status=1).err
    admin("users", "add", "eve")
    assert "not a scope" in admin("keys", "add", "eve", "ci", "--scope", "all", status=1).err


def test_the_audit_is_read_by_who_what_and_outcome(admin):
    admin("users", "add", "ada", "--role", "admin")
    admin("users", "add", "eve")
    admin("keys", "add", "eve", "ci")
    told = json.loads(admin("audit", "--action", "keys.create", "--json").out)
    assert [(one["who"], one["action"], one["outcome"]) for one in told] == [("local", "keys.create", "done")]
    assert len(json.loads(admin("audit", "--limit", "2", "--json").out)) == 2
    assert "nothing has happened" in admin("audit", "--user", "eve").out
    assert "nothing has happened" in admin("audit", "--refused").out
    assert "no user" in admin("audit", "--user", "nobody", status=1).err


def test_retention_says_what_would_go_and_then_lets_it_go(admin, tmp_path, monkeypatch):
    monkeypatch.setenv("SIGHTLINE_KEEP_DAYS", "1")
    with closing_platform() as platform:
        folder = platform.settings.results / "0001-old"
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}")
        run = Run("0001-old", RunState.COMPLETED, "/v.mp4", "people", str(folder), owner="ada")
        platform.runs.add(run)
    assert admin("retention", "--rehearse").out.split() == ["0001-old", "1", "would", "go"]
    assert folder.is_dir()
    assert admin("retention").out.split() == ["0001-old", "1", "gone"]
    assert not folder.exists()
    assert admin("retention").out.split() == ["0", "gone"]


def test_a_database_is_copied_and_looked_at(admin, tmp_path):
    admin("users", "add", "ada")
    copy = tmp_path / "copy.db"
    assert str(copy) in admin("backup", str(copy)).out
    assert "sound" in admin("check").out
    with closing(sqlite3.connect(copy)) as plain:
        assert plain.execute("SELECT name FROM users").fetchall() == [("ada",)]


@contextmanager
def closing_platform():
    platform = build_platform()
    try:
        yield platform
    finally:
        platform.runs.close()
