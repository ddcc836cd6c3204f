"""How users prove who they are, and how much each may ask for."""

from __future__ import annotations

from pydantic import SecretStr

from sightline.settings.declare import SettingsGroup, setting


class AccessSettings(SettingsGroup):
    """How users prove who they are, and how much each may ask for."""

    quota_storage_bytes: int = setting(
        0,
        "Storage quota",
        "Videos that each user may keep; 0 for no limit. A user's own limit wins.",
        unit="bytes",
        ge=0,
    )
    quota_runs_per_day: int = setting(
        0, "Daily quota", "Runs that each user may begin in 24 hours; 0 for no limit.", unit="runs", ge=0
    )
    quota_concurrent_runs: int = setting(
        0,
        "Concurrency quota",
        "Runs of each user that may wait or work at once; 0 for no limit.",
        unit="runs",
        ge=0,
    )

    quota_streams: int = setting(
        64,
        "Stream quota",
        "Live streams that each user may have open at once; 0 for no limit.",
        unit="streams",
        ge=0,
    )
    quota_cameras: int = setting(
        64, "Camera quota", "Cameras that each user may have; 0 for no limit.", unit="cameras", ge=0
    )

    secret_key: SecretStr = setting(
        SecretStr(""),
        "Secret",
        "Signs tokens and links, 32 characters or more; empty means one that is made and kept under `home`. "
        "Servers that work together need the same. A new one ends every session and link, not API keys.",
    )
    access_token_s: float = setting(
        900.0, "Access token", "How long an access token holds.", unit="s", ge=10, le=86_400
    )
    refresh_token_s: float = setting(
        1_209_600.0,
        "Refresh token",
        "How long somebody stays signed in without asking for anything.",
        unit="s",
        ge=60,
        le=31_536_000,
    )
    ticket_s: float = setting(
        60.0,
        "Ticket",
        "How long a ticket for an event stream may be used to open one.",
        unit="s",
        ge=5,
        le=600,
    )
    setup_link_s: float = setting(
        172_800.0, "Setup link", "How long the link that sets a first password holds.", unit="s", ge=60
    )
    password_memory_kib: int = setting(
        65_536,
        "Password memory",
        "Memory that Argon2id takes for one password.",
        unit="KiB",
        ge=19_456,
        le=1_048_576,
    )
    reads_per_min: int = setting(
        6000,
        "Reads",
        "Requests a minute that only read, for each user; 0 for no limit.",
        unit="requests",
        ge=0,
    )
    writes_per_min: int = setting(
        1200,
        "Changes",
        "Requests a minute that change something, for each user; 0 for no limit.",
        unit="requests",
        ge=0,
    )
    frames_per_min: int = setting(
        60_000,
        "Frames",
        "Frames a minute that each user may send one by one; 0 for no limit.",
        unit="frames",
        ge=0,
    )
    public_per_min: int = setting(
        1200,
        "Public requests",
        "Requests a minute without an account, for each address; 0 for no limit.",
        unit="requests",
        ge=0,
    )
    trusted_proxies: tuple[str, ...] = setting(
        (),
        "Trusted proxies",
        "Networks of the proxies in front of the server, as a JSON list: their `X-Forwarded-For` says who asks.",
    )
    logins_per_min: int = setting(
        5,
        "Sign-ins",
        "Tries a minute to sign in, for each name at each address; 0 for no limit.",
        unit="tries",
        ge=0,
    )
