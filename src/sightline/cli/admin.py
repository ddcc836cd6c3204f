"""`sightline admin`: users, keys and the audit of a server, from its own machine."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sightline.cli.console import note, say, show_json, show_table
from sightline.cli.lazy import examples, group
from sightline.cli.options import AsJson

if TYPE_CHECKING:
    from sightline.core.accounts import Role
    from sightline.service.accounts.users import Invited
    from sightline.service.platform import Platform

_Name = Annotated[str, typer.Argument(metavar="NAME", help="The user's name.")]
_Role = Annotated[str, typer.Option(help="admin, analyst or viewer.")]
_Url = Annotated[
    str | None,
    typer.Option(
        help="Where people reach the server; the link begins with it.",
        show_default="SIGHTLINE_SERVER_ADDRESS, or http://127.0.0.1:8000",
    ),
]
_HERE = "http://127.0.0.1:8000"
_MOST = 10_000

users = group("Make, change and delete users.", "sightline admin users add ada --role analyst")
keys = group("Make, list and revoke API keys.", "sightline admin keys add ada nightly")
app = group("Users, keys and the audit of a server.", groups={"users": users, "keys": keys})


@users.command("list", epilog=examples("sightline admin users list"))
def list_users(as_json: AsJson = False) -> None:
    """List users, newest first."""
    from sightline.service.accounts.users import list_users as found

    rows = [
        {
            "id": user.id,
            "name": user.name,
            "role": user.role.value,
            "may come in": "yes" if user.active else "no",
            "password": _when(user.password_s) or "not set",
        }
        for user in found(_platform(), limit=_MOST)
    ]
    _show(rows, as_json=as_json, nothing="there are no users yet; `sightline serve` makes the first admin")


@users.command(
    "add", epilog=examples("sightline admin users add ada --role analyst --url https://video.example.org")
)
def add_user(name: _Name, role: _Role = "analyst", url: _Url = None, as_json: AsJson = False) -> None:
    """Make a user and print the link with which they set a password, once."""
    from sightline.core.accounts import LOCAL
    from sightline.service.accounts.users import add_user as add

    platform = _platform()
    _show_link(platform, add(platform, LOCAL, name, _role(role)), url, as_json=as_json)


@users.command("invite", epilog=examples("sightline admin users invite ada"))
def invite(name: _Name, url: _Url = None, as_json: AsJson = False) -> None:
    """Print a new link for a user who has lost the password, or the first link."""
    from sightline.core.accounts import LOCAL
    from sightline.service.accounts.users import invite_again, named_user

    platform = _platform()
    user = named_user(platform, name)
    _show_link(platform, invite_again(platform, LOCAL, user.id), url, as_json=as_json)


@users.command(
    "set",
    epilog=examples("sightline admin users set ada --role admin", "sightline admin users set eve --shut"),
)
def change(
    name: _Name,
    role: Annotated[str | None, typer.Option(help="admin, analyst or viewer.")] = None,
    shut: Annotated[
        bool | None, typer.Option("--shut/--open", help="Shut them out at once, or let them in again.")
    ] = None,
) -> None:
    """Change a user's role, or whether they may come in."""
    from sightline.core.accounts import LOCAL
    from sightline.service.accounts.users import UserChange, change_user, named_user

    platform = _platform()
    wanted = UserChange(role=None if role is None else _role(role), active=None if shut is None else not shut)
    user = change_user(platform, LOCAL, named_user(platform, name).id, wanted)
    say(f"{user.name} is {user.role} and may {'' if user.active else 'not '}come in")


@users.command("delete", epilog=examples("sightline admin users delete eve"))
def delete(name: _Name) -> None:
    """Forget a user, their keys and sessions; their runs and videos stay."""
    from sightline.core.accounts import LOCAL
    from sightline.service.accounts.users import delete_user, named_user

    platform = _platform()
    delete_user(platform, LOCAL, named_user(platform, name).id)
    say(f"{name} is forgotten")


@keys.command("list", epilog=examples("sightline admin keys list", "sightline admin keys list --user ada"))
def list_keys(
    user: Annotated[str | None, typer.Option(help="Only this user's.")] = None, as_json: AsJson = False
) -> None:
    """List API keys, without their secrets."""
    from sightline.service.accounts.keys import list_keys as found
    from sightline.service.accounts.users import named_user

    platform = _platform()
    owner = None if user is None else named_user(platform, user).id
    rows = [
        {
            "key": f"sl_{key.id}",
            "user": key.user_id,
            "name": key.name,
            "scopes": " ".join(key.scopes),
            "expires": _when(key.expires_s) or "never",
            "used": _when(key.used_s) or "never",
            "revoked": _when(key.revoked_s),
        }
        for key in found(platform, owner, limit=_MOST)
    ]
    _show(rows, as_json=as_json, nothing="there are no keys")


@keys.command("add", epilog=examples("sightline admin keys add ada nightly --scope 'runs.*' --days 90"))
def add_key(
    user: _Name,
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="As in runs.read, runs.*, or * for all that the user may do.", show_default="*.read"
        ),
    ] = None,
    days: Annotated[
        float | None, typer.Option(help="How long it holds; for ever if left out.", min=0)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make an API key for a user and print it, this once."""
    from sightline.core.accounts import LOCAL
    from sightline.service.accounts.keys import add_key as add
    from sightline.service.accounts.users import named_user

    platform = _platform()
    owner = named_user(platform, user)
    ttl_s = None if days is None else days * 86_400
    made = add(platform, LOCAL, name, scope or ["*.read"], ttl_s=ttl_s, user_id=owner.id)
    if as_json:
        show_json({"id": made.key.id, "scopes": list(made.key.scopes), "text": made.text})
    else:
        say(made.text)
    if not scope:
        note(f"it is good for reading alone; --scope '*' makes one for all that {owner.name} may do")


@keys.command("revoke", epilog=examples("sightline admin keys revoke sl_k3n5vmx8q2ab"))
def revoke(key: Annotated[str, typer.Argument(metavar="KEY", help="Its id, as the list shows it.")]) -> None:
    """End a key at once."""
    from sightline.core.accounts import LOCAL
    from sightline.service.accounts.keys import revoke_key

    revoked = revoke_key(_platform(), LOCAL, key.removeprefix("sl_").partition("_")[0])
    say(f"{revoked.name} holds no more")


@app.command(
    "audit", epilog=examples("sightline admin audit", "sightline admin audit --refused --limit 20 --json")
)
def audit(
    user: Annotated[str | None, typer.Option(help="Only what this user did.")] = None,
    action: Annotated[str | None, typer.Option(help="Only this, as in runs.delete.")] = None,
    refused: Annotated[bool, typer.Option("--refused", help="Only refusals.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Most entries to show.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show every change and every refusal, newest first."""
    from sightline.core.accounts import Outcome
    from sightline.service.accounts.audit import list_audit
    from sightline.service.accounts.users import named_user

    platform = _platform()
    wanted = {
        "actor_id": None if user is None else named_user(platform, user).id,
        "action": action,
        "outcome": Outcome.REFUSED if refused else None,
    }
    equals = {name: value for name, value in wanted.items() if value is not None}
    rows = [
        {
            "at": _when(one.t_s),
            "who": one.actor or "-",
            "action": one.action,
            "outcome": one.outcome.value,
            "target": one.target,
            "from": one.address,
            "details": " ".join(f"{name}={value}" for name, value in one.details.items()),
        }
        for one in list_audit(platform, limit=limit, **equals)
    ]
    _show(rows, as_json=as_json, nothing="nothing has happened yet")


@app.command("retention", epilog=examples("sightline admin retention --rehearse"))
def retention(
    rehearse: Annotated[bool, typer.Option("--rehearse", help="Say what would go; touch nothing.")] = False,
) -> None:
    """Delete ended runs that are older or more than the settings keep, and what crashes left behind."""
    from sightline.service.housekeeping.leftovers import remove_leftovers
    from sightline.service.housekeeping.retention import apply_retention

    platform = _platform()
    retired = apply_retention(platform, rehearse=rehearse)
    removed = remove_leftovers(platform, rehearse=rehearse)
    gone = (
        *retired.by_age,
        *retired.by_size,
        *removed.folders,
        *removed.videos,
        *removed.files,
        *removed.published,
    )
    for name in gone:
        say(name)
    say(f"{len(gone)} {'would go' if rehearse else 'gone'}")


@app.command("backup", epilog=examples("sightline admin backup /mnt/backups/monday.db"))
def backup(
    to: Annotated[Path | None, typer.Argument(help="File; by default one under `backups` at home.")] = None,
) -> None:
    """Copy a SQLite database while it is in use; PostgreSQL has tools of its own."""
    from sightline.service.housekeeping.backup import back_up

    say(str(back_up(_platform(), to=to)))


@app.command("check", epilog=examples("sightline admin check"))
def check() -> None:
    """Look whether the database is sound."""
    from sightline.core.errors import AdapterError

    if wrong := _platform().upkeep.check():
        raise AdapterError("; ".join(wrong)[:500], hint="restore a backup: docs/operations.md")
    say("the database is sound")


def _platform() -> Platform:
    from sightline.cli.session import open_platform

    return open_platform()


def _role(text: str) -> Role:
    from sightline.core.accounts import Role

    try:
        return Role(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(Role)}", param_hint="--role") from None


def _show_link(platform: Platform, invited: Invited, url: str | None, *, as_json: bool) -> None:
    from sightline.service.accounts.users import setup_path

    link = (url or platform.settings.server_address or _HERE).rstrip("/") + setup_path(invited.setup_token)
    hours = platform.settings.setup_link_s / 3600
    if as_json:
        show_json({"id": invited.user.id, "name": invited.user.name, "link": link})
        return
    say(f"{invited.user.name} sets a password, once, within {hours:g} hours, at")
    say(link)


def _show(rows: list[dict[str, Any]], *, as_json: bool, nothing: str) -> None:
    if as_json:
        show_json(rows)
    elif not rows:
        say(nothing)
    else:
        show_table(tuple(rows[0]), [tuple(row.values()) for row in rows])


def _when(t_s: float | None) -> str:
    return "" if not t_s else datetime.fromtimestamp(t_s, tz=UTC).astimezone().strftime("%Y-%m-%d %H:%M")
