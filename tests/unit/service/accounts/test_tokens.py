"""A token is good for what it was made for, while it holds, and for nothing else."""

from __future__ import annotations

import base64
import json
import stat

import jwt
import pytest

from sightline.core.errors import AuthenticationError, OutputUnwritableError, SettingsError
from sightline.service.accounts import tokens
from sightline.service.accounts.tokens import Audience, issue, read
from sightline.settings import read_settings

NOW_S = 1_700_000_000.0


@pytest.fixture
def settings(tmp_path):
    return read_settings(home=tmp_path)


@pytest.fixture
def token(settings):
    return issue(settings, Audience.ACCESS, "u1", now_s=NOW_S, ttl_s=60, sid="s1")


def parts_of(token):
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2]]


def put_together(header, body, signature=""):
    encoded = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, body)
    ]
    return ".".join([*encoded, signature])


def refused(settings, token, audience=Audience.ACCESS, now_s=NOW_S):
    with pytest.raises(AuthenticationError):
        read(settings, audience, token, now_s=now_s)


def test_a_token_says_what_was_put_in(settings, token):
    claims = read(settings, Audience.ACCESS, token, now_s=NOW_S + 59)
    assert (claims["sub"], claims["sid"]) == ("u1", "s1")


def test_a_token_ends_with_its_time(settings, token):
    refused(settings, token, now_s=NOW_S + 60)


@pytest.mark.parametrize("audience", [one for one in Audience if one is not Audience.ACCESS])
def test_a_token_is_good_for_its_own_audience_alone(settings, token, audience):
    refused(settings, token, audience)
    refused(settings, issue(settings, audience, "u1", now_s=NOW_S, ttl_s=60))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", ""])
def test_an_unsigned_token_is_refused(settings, token, algorithm):
    _, body = parts_of(token)
    for signature in ("", token.split(".")[2]):
        refused(settings, put_together({"alg": algorithm, "typ": "JWT"}, body, signature))


@pytest.mark.filterwarnings("ignore:The HMAC key")
@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_with_the_right_key_is_refused(settings, token, algorithm):
    key = tokens.derived_key(settings, Audience.ACCESS)
    forged = jwt.encode(parts_of(token)[1], key, algorithm=algorithm)
    refused(settings, forged)


def test_another_servers_token_is_refused(tmp_path, settings):
    other = read_settings(home=tmp_path / "other")
    refused(settings, issue(other, Audience.ACCESS, "u1", now_s=NOW_S, ttl_s=60))


def test_a_token_signed_with_a_known_key_is_refused(settings, token):
    for key in (b"", b"secret", b"sightline access"):
        refused(settings, jwt.encode(parts_of(token)[1], key.ljust(32), algorithm="HS256"))


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "iat", "exp"])
def test_a_token_without_one_of_its_claims_is_refused(settings, token, claim):
    body = parts_of(token)[1]
    del body[claim]
    refused(settings, jwt.encode(body, tokens.derived_key(settings, Audience.ACCESS), algorithm="HS256"))


def test_a_changed_body_is_refused(settings, token):
    header, body = parts_of(token)
    refused(settings, put_together(header, {**body, "sub": "u2"}, token.split(".")[2]))


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "x" * 10_000, "é.é.é", "\x00"])
def test_what_is_no_token_is_refused(settings, text):
    refused(settings, text)


def test_the_secret_is_made_once_and_is_its_owners_alone(tmp_path, settings, token):
    path = tmp_path / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_text()) >= 48
    tokens._secret.cache_clear()
    assert read(settings, Audience.ACCESS, token, now_s=NOW_S)
    assert [one.name for one in tmp_path.iterdir()] == ["secret.key"]


def test_servers_with_one_secret_trust_each_other(tmp_path):
    one, two = (read_settings(home=tmp_path / name, secret_key="k" * 32) for name in ("a", "b"))
    assert read(two, Audience.ACCESS, issue(one, Audience.ACCESS, "u1", now_s=NOW_S, ttl_s=60), now_s=NOW_S)
    assert list(tmp_path.iterdir()) == []


def test_a_short_secret_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="32"):
        issue(read_settings(home=tmp_path, secret_key="k" * 31), Audience.ACCESS, "u1", now_s=0, ttl_s=1)


def test_a_home_that_cannot_be_written_to_is_told(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(OutputUnwritableError, match=r"secret\.key"):
        issue(read_settings(home=blocked), Audience.ACCESS, "u1", now_s=0, ttl_s=1)
