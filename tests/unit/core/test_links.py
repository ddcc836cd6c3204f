from urllib.parse import unquote, urlsplit

import pytest

from sightline.core.errors import AccessDeniedError
from sightline.core.links import checked_link, signed_link

SECRET = b"0123456789abcdef"


def link(path="runs/r 1/ü.parquet", until_s=1060.9):
    return urlsplit(signed_link("https://here/objects", path, secret=SECRET, until_s=until_s))


def opened(parts, *, secret=SECRET, now_s=1000.0):
    return checked_link(
        unquote(parts.path).removeprefix("/objects/"), parts.query, secret=secret, now_s=now_s
    )


def test_a_link_opens_what_it_was_made_for():
    assert opened(link()) == "runs/r 1/ü.parquet"


def test_a_link_runs_out():
    assert opened(link(), now_s=1059.9)
    with pytest.raises(AccessDeniedError, match="run out"):
        opened(link(), now_s=1060.0)


@pytest.mark.parametrize(
    "altered",
    [
        lambda parts: parts._replace(path="/objects/runs/other"),
        lambda parts: parts._replace(query=parts.query.replace("1060", "9060")),
        lambda parts: parts._replace(query=""),
        lambda parts: parts._replace(query="expires=1060"),
        lambda parts: parts._replace(query="expires=٣&signature=ü"),
        lambda parts: parts._replace(query="expires=" + "9" * 400 + "&signature=a"),
    ],
)
def test_an_altered_link_is_refused(altered):
    with pytest.raises(AccessDeniedError, match="not one of ours"):
        opened(altered(link()))


def test_another_secret_signs_other_links():
    with pytest.raises(AccessDeniedError, match="not one of ours"):
        opened(link(), secret=b"another")
