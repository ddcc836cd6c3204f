"""Signing in, staying signed in, signing out, and who one is."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from sightline.api.platform import PlatformHere
from sightline.asgi.problems import listed
from sightline.asgi.security import credentials_of, may, public
from sightline.core.accounts import Principal, Role
from sightline.core.errors import ConflictError
from sightline.service.accounts import sessions, users

router = APIRouter(prefix="/api/v1/auth", tags=["auth"])

_Password = Annotated[str, Field(max_length=1024, description="Never kept as it is.")]


class Login(BaseModel):
    """A name and its password."""

    name: str = Field(max_length=256, description="The user's name.")
    password: _Password


class RefreshToken(BaseModel):
    """A refresh token, which is used up by this."""

    refresh_token: str = Field(max_length=1024, description="From the last sign-in or refresh.")


class Setup(BaseModel):
    """A setup token and the password that is wanted."""

    setup_token: str = Field(max_length=4096, description="The part of the link after `#`.")
    password: _Password


class PasswordChange(BaseModel):
    """The old password and the new one."""

    old: _Password
    new: _Password


class Me(BaseModel):
    """Who is asking."""

    id: str
    name: str
    role: Role
    scopes: list[str] = Field(description="Actions that the way they signed in is good for.")
    group_ids: list[str]
    key_id: str | None = Field(description="The API key they used.")


class Tokens(BaseModel):
    """What lets somebody in."""

    access_token: str = Field(description="For `Authorization: Bearer`.")
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - a word of OAuth 2
    expires_in: float = Field(description="Seconds that the access token holds.")
    refresh_token: str = Field(description="Gets the next pair, once.")
    name: str
    role: Role


class Ticket(BaseModel):
    """A short-lived token for the query of an event stream."""

    ticket: str = Field(description="As in `/events?ticket=...`.")
    expires_in: float = Field(description="Seconds in which it may be used.")


def _tokens(found: sessions.SignedIn) -> Tokens:
    return Tokens(
        access_token=found.access_token,
        expires_in=found.expires_in_s,
        refresh_token=found.refresh_token,
        name=found.user.name,
        role=found.user.role,
    )


@router.post(
    "/login",
    operation_id="login",
    summary="Sign in",
    dependencies=[Depends(public("nobody can be signed in before they sign in"))],
    responses=listed(),
)
def login(request: Request, platform: PlatformHere, given: Login) -> Tokens:
    """Give an access and a refresh token for a name and its password."""
    return _tokens(sessions.login(platform, given.name, given.password, came=credentials_of(request)))


@router.post(
    "/refresh",
    operation_id="refresh",
    summary="Stay signed in",
    dependencies=[Depends(public("the refresh token says who it is"))],
    responses=listed(),
)
def refresh(request: Request, platform: PlatformHere, given: RefreshToken) -> Tokens:
    """Give the next pair; a refresh token that is used twice ends its whole session."""
    return _tokens(sessions.refresh(platform, given.refresh_token, came=credentials_of(request)))


@router.post(
    "/setup",
    operation_id="set_up",
    summary="Set a password by a one-time link",
    dependencies=[Depends(public("the setup token says who it is"))],
    responses=listed(),
)
def set_up(request: Request, platform: PlatformHere, given: Setup) -> Tokens:
    """Set the password, once, and sign in."""
    return _tokens(users.set_up(platform, given.setup_token, given.password, came=credentials_of(request)))


@router.post("/logout", operation_id="logout", summary="Sign out", status_code=204, responses=listed())
def logout(platform: PlatformHere, who: Annotated[Principal, Depends(may("account.change"))]) -> None:
    """End the session; its access and refresh tokens hold no more."""
    sessions.logout(platform, who)


@router.get("/me", operation_id="me", summary="Who is asking", responses=listed())
def me(who: Annotated[Principal, Depends(may("account.read"))]) -> Me:
    """Say as whom the request counts, and what for."""
    return Me(
        id=who.user_id,
        name=who.name,
        role=who.role,
        scopes=sorted(who.scopes),
        group_ids=sorted(who.group_ids),
        key_id=who.key_id,
    )


@router.post(
    "/password",
    operation_id="change_password",
    summary="Change one's own password",
    responses=listed(ConflictError),
)
def change_password(
    request: Request,
    platform: PlatformHere,
    who: Annotated[Principal, Depends(may("account.change"))],
    given: PasswordChange,
) -> Tokens:
    """Change it and sign in anew; every other session ends."""
    came = credentials_of(request)
    return _tokens(users.change_password(platform, who, given.old, given.new, came=came))


@router.post(
    "/ticket",
    operation_id="ticket",
    summary="Get a ticket for an event stream",
    responses=listed(),
)
def ticket(platform: PlatformHere, who: Annotated[Principal, Depends(may("account.read"))]) -> Ticket:
    """Give a token that may stand in an address: for streams, whose requests carry no headers."""
    return Ticket(ticket=sessions.ticket(platform, who), expires_in=platform.settings.ticket_s)
