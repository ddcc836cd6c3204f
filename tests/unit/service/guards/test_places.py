"""Users of a server reach the folders and buckets that were allowed, and nothing beside them."""

from __future__ import annotations

import os

import pytest

from sightline.core.errors import AddressRefusedError, SourceUnavailableError
from sightline.service.guards.places import allowed_object, allowed_path
from sightline.settings import read_settings


@pytest.fixture
def folder(tmp_path):
    found = tmp_path / "videos"
    (found / "deep").mkdir(parents=True)
    (found / "deep" / "a clip.mp4").write_bytes(b"x")
    (tmp_path / "secret.key").write_bytes(b"x")
    (tmp_path / "videos-of-others").mkdir()
    (tmp_path / "videos-of-others" / "b.mp4").write_bytes(b"x")
    return found


@pytest.fixture
def settings(folder):
    return read_settings(allowed_folders=(folder,))


def test_a_file_in_an_allowed_folder_is_given(settings, folder):
    assert allowed_path(settings, f"{folder}/deep/a clip.mp4") == folder / "deep" / "a clip.mp4"
    assert allowed_path(settings, f"{folder}/deep/../deep/a clip.mp4") == folder / "deep" / "a clip.mp4"


@pytest.mark.parametrize(
    "path",
    [
        "{folder}/../secret.key",
        "{folder}/deep/../../secret.key",
        "{folder}-of-others/b.mp4",
        "/etc/passwd",
        "/proc/self/environ",
        "deep/a clip.mp4",
        "../secret.key",
        "file://{folder}/deep/a clip.mp4",
        "~/x.mp4",
        "",
        "{folder}/deep/a clip.mp4\x00.txt",
        "/" + "a" * 5000,
        "{folder}/%2e%2e/secret.key\x00",
    ],
)
def test_what_lies_elsewhere_is_refused(settings, folder, path):
    with pytest.raises(AddressRefusedError):
        allowed_path(settings, path.format(folder=folder))


def test_what_is_there_and_what_is_not_are_refused_in_the_same_words(settings, folder):
    said = []
    for name in ("secret.key", "nothing.key"):
        with pytest.raises(AddressRefusedError) as raised:
            allowed_path(settings, f"{folder.parent}/{name}")
        said.append((raised.value.message, raised.value.hint))
    assert said[0] == said[1]


def test_a_link_is_followed_before_it_is_judged(settings, folder):
    (folder / "out.mp4").symlink_to(folder.parent / "secret.key")
    (folder / "up").symlink_to(folder.parent)
    (folder / "in.mp4").symlink_to(folder / "deep" / "a clip.mp4")
    for name in ("out.mp4", "up/secret.key"):
        with pytest.raises(AddressRefusedError):
            allowed_path(settings, f"{folder}/{name}")
    assert allowed_path(settings, f"{folder}/in.mp4") == folder / "deep" / "a clip.mp4"


def test_a_loop_of_links_is_no_file(settings, folder):
    (folder / "a").symlink_to(folder / "b")
    (folder / "b").symlink_to(folder / "a")
    with pytest.raises((AddressRefusedError, SourceUnavailableError)):
        allowed_path(settings, f"{folder}/a")


def test_what_is_no_regular_file_is_not_there(settings, folder):
    os.mkfifo(folder / "pipe.mp4")
    for name in ("pipe.mp4", "deep", "nothing.mp4"):
        with pytest.raises(SourceUnavailableError):
            allowed_path(settings, f"{folder}/{name}")


def test_without_allowed_folders_no_path_may_be_named(folder):
    with pytest.raises(AddressRefusedError, match="outside"):
        allowed_path(read_settings(), f"{folder}/deep/a clip.mp4")


@pytest.fixture
def buckets():
    return read_settings(allowed_buckets=("videos/match-", "archive"))


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("s3://videos/match-7/first half.mp4", ("videos", "match-7/first half.mp4")),
        ("s3://archive/a/b.mp4", ("archive", "a/b.mp4")),
    ],
)
def test_an_object_in_an_allowed_bucket_is_given(buckets, url, found):
    assert allowed_object(buckets, url) == found


@pytest.mark.parametrize(
    "url",
    [
        "s3://videos/training/x.mp4",
        "s3://archives/a.mp4",
        "s3://archive",
        "s3://archive/",
        "s3:///a.mp4",
        "s3://archive/../videos/a.mp4",
        "s3://archive//a.mp4",
        "s3://archive/./a.mp4",
        "s3://archive/a.mp4?versionId=1",
        "s3://archive/a.mp4#x",
        "s3://user@archive/a.mp4",
        "https://archive/a.mp4",
        "archive/a.mp4",
        "s3://archive/a\r\nX-Header: 1",
        "",
    ],
)
def test_any_other_object_is_refused(buckets, url):
    with pytest.raises(AddressRefusedError):
        allowed_object(buckets, url)
