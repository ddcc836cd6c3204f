"""Files that a user names are read past a byte-order mark, and refused in one line with what to give instead."""

from __future__ import annotations

import pytest

from sightline.core.errors import SourceUnavailableError, UnsupportedFormatError
from sightline.service.text_files import read_csv, read_json, read_json_object, read_text

READERS = [read_text, read_json, read_json_object, read_csv]


@pytest.mark.parametrize("read", READERS)
def test_a_file_that_is_not_there_or_not_text_is_refused_with_the_hint(read, tmp_path):
    path = tmp_path / "file"
    with pytest.raises(SourceUnavailableError, match=r"cannot read .*: No such file") as caught:
        read(path, "give this")
    assert caught.value.hint == "give this"
    path.write_bytes("Bäume".encode("latin-1"))
    with pytest.raises(UnsupportedFormatError, match="not a text file") as refused:
        read(path, "give this")
    assert refused.value.hint == "give this"


def test_a_byte_order_mark_is_passed_over(tmp_path):
    path = tmp_path / "file"
    path.write_text('\ufeff{"a": 1}', encoding="utf-8")
    assert read_json_object(path, "") == {"a": 1}


@pytest.mark.parametrize("text", ["{", "", "[" * 100_000])
def test_what_is_not_json_is_refused(text, tmp_path):
    (tmp_path / "file").write_text(text)
    with pytest.raises(UnsupportedFormatError, match="is not JSON"):
        read_json(tmp_path / "file", "")


@pytest.mark.parametrize("text", ["[1]", "1", "null", "{}"])
def test_json_that_is_no_object_is_refused_where_one_is_needed(text, tmp_path):
    (tmp_path / "file").write_text(text)
    with pytest.raises(UnsupportedFormatError, match="no JSON object"):
        read_json_object(tmp_path / "file", "")


def test_rows_are_read_by_the_header_without_remarks(tmp_path):
    (tmp_path / "file").write_text('# counted by eye\nframe,kind\n1,ball\n# later\n2,"a\nb"\n')
    assert read_csv(tmp_path / "file", "") == [{"frame": "1", "kind": "ball"}, {"frame": "2", "kind": "a\nb"}]


def test_what_is_not_csv_is_refused(tmp_path):
    (tmp_path / "file").write_text("a,b\n" + "x" * 200_000 + ",1\n")
    with pytest.raises(UnsupportedFormatError, match="not CSV"):
        read_csv(tmp_path / "file", "")
