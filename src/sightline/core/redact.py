"""Takes secrets out of text that leaves the process as a log."""

from __future__ import annotations

import re

GONE = "***"
SECRET_NAMES = frozenset(
    {
        "access_token",
        "api_key",
        "authorization",
        "cookie",
        "password",
        "password_hash",
        "refresh_token",
        "secret",
        "secret_key",
        "secret_sha256",
        "setup_token",
        "ticket",
        "token",
        "x-api-key",
    }
)
"""What holds a secret whatever it says."""

_NAMED = "access_token|api_key|authorization|password|refresh_token|secret|setup_token|share|ticket|token|x-api-key"
_RULES: tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...] = (
    (("://",), re.compile(r"(?<=://)([^\s:/@]*):[^\s@/]+@"), rf"\1:{GONE}@"),  # passwords in addresses
    # API keys: the visible part stays
    (("sl_",), re.compile(r"\b(sl_[a-z0-9]{6,20})_[\w-]{16,}"), rf"\1_{GONE}"),
    (("eyj",), re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), GONE),  # JSON Web Tokens
    (("",), re.compile(r"\b([0-9a-f]{14}-[0-9a-f]{26})\.[\w-]{20,}"), rf"\1.{GONE}"),  # refresh tokens
    (("$argon2",), re.compile(r"\$argon2id?\$[^\s\"']+"), GONE),
    (("bearer", "basic"), re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), rf"\1 {GONE}"),
    (
        ("ticket=", "share=", "token=", "signature=", "key=", "x-amz-"),
        re.compile(r"(?i)([?&;](?:ticket|share|token|signature|key|x-amz-[\w-]+)=)[^&\s\"']+"),
        rf"\1{GONE}",
    ),
    # As in JSON or a dict, and in either within a line that is JSON itself.
    (
        tuple(_NAMED.split("|")),
        re.compile(rf"(?i)(\\?[\"'](?:{_NAMED})\\?[\"']\s*[:=]\s*\\?[\"'])[^\"'\\]+"),
        rf"\1{GONE}",
    ),
)
"""Words one of which a text must hold, in small letters, for a pattern to be in it: looking for them is fast."""


def redacted(text: str) -> str:
    """Give a text with passwords, keys, tokens and signatures blotted out."""
    small = text.lower()
    for words, pattern, instead in _RULES:
        if any(word in small for word in words):
            text = pattern.sub(instead, text)
    return text
