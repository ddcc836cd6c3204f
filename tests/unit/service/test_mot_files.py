"""Reading and writing the MOT Challenge's text format."""

import numpy as np
import pytest

from sightline.analytics.evaluation.mot import MotTable
from sightline.core.errors import OutputUnwritableError, SourceUnavailableError, UnsupportedFormatError
from sightline.service.mot_files import SequenceInfo, read_mot, read_mot_truth, read_sequence_info, write_mot


@pytest.fixture
def file(tmp_path):
    def make(text, name="boxes.txt"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return make


def test_frames_count_from_zero_and_boxes_become_corners(file):
    table = read_mot(file("1,7,10,20,30,40,0.5,-1,-1,-1\n3,8,0,0,1.5,2,0.25,-1,-1,-1\n"))
    assert table.frames.tolist() == [0, 2]
    assert table.track_ids.tolist() == [7, 8]
    assert table.boxes_px.tolist() == [[10, 20, 40, 60], [0, 0, 1.5, 2]]
    assert table.scores.tolist() == [0.5, 0.25]


@pytest.mark.parametrize(
    "text",
    [
        "1, 2, 3, 4, 5, 6, 1\n",
        "1 2 3 4 5 6 1",
        "\ufeff1,2,3,4,5,6,1\r\n",
        "# frame,id\n\n1,2,3,4,5,6\n",
        "1,2,3,4,5,6,-1",
    ],
)
def test_the_usual_ways_to_write_a_line_are_one(file, text):
    table = read_mot(file(text))
    assert (table.frames[0], table.track_ids[0], table.scores[0]) == (0, 2, 1.0)
    assert table.boxes_px.tolist() == [[3, 4, 8, 10]]


def test_an_empty_file_is_a_table_without_rows(file):
    assert len(read_mot(file(""))) == len(read_mot_truth(file("\n"))) == 0


def test_truth_keeps_counted_pedestrians_alone(file):
    path = file("1,1,0,0,5,5,1,1,0.9\n1,2,0,0,5,5,0,1,1\n1,3,0,0,5,5,1,8,1\n1,0,0,0,5,5,1,1,0\n")
    assert read_mot_truth(path).track_ids.tolist() == [1, 0]
    assert read_mot_truth(path, classes=(8,)).track_ids.tolist() == [3]
    assert read_mot_truth(path, classes=None).track_ids.tolist() == [1, 3, 0]


def test_world_coordinates_are_not_taken_for_classes(file):
    assert len(read_mot_truth(file("1,1,88,99,61,218,1,4.4852,5.5016,0\n"))) == 1


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("1,2,3", "3 columns, at least 6"),
        ("1,2,3,4,5,6,1,1", "8 columns, the lines before have 7"),
        ("one,2,3,4,5,6,1", "could not convert"),
        ("0,2,3,4,5,6,1", "frame 0, must be"),
        ("1.5,2,3,4,5,6,1", "frame 1.5, must be"),
        ("1,1e30,3,4,5,6,1", r"id 1e\+30, must be"),
        ("1,-2,3,4,5,6,1", "id -2, must be"),
        ("1,2,3,4,-5,6,1", "width -5"),
        ("1,2,3,nan,5,6,1", "a number is not finite"),
        ("1e400,2,3,4,5,6,1", "a number is not finite"),
    ],
)
def test_a_line_that_is_not_of_the_format_is_named_with_its_number(file, line, what):
    with pytest.raises(UnsupportedFormatError, match=f"line 2: {what}") as caught:
        read_mot(file(f"1,1,0,0,5,5,1\n{line}\n"))
    assert "frame,id,left,top,width,height" in caught.value.hint


def test_what_is_no_text_or_not_there_is_refused_in_one_line(file, tmp_path):
    with pytest.raises(UnsupportedFormatError, match="not a text file"):
        read_mot(file(b"\x00\xff\xfe\x80"))
    with pytest.raises(SourceUnavailableError, match="cannot read"):
        read_mot(tmp_path / "missing.txt")


def test_what_is_written_reads_back_in_order_of_frame_and_id(tmp_path, rng):
    corners = rng.uniform(0, 500, (40, 2)).round(3)
    table = MotTable.of(
        rng.permutation(40) // 4, np.arange(40), np.hstack((corners, corners + 7.5)), np.full(40, 0.25)
    )
    write_mot(tmp_path / "out.txt", table)
    back = read_mot(tmp_path / "out.txt")
    order = np.lexsort((table.track_ids, table.frames))
    assert back.frames.tolist() == table.frames[order].tolist()
    assert back.track_ids.tolist() == table.track_ids[order].tolist()
    assert np.allclose(back.boxes_px, table.boxes_px[order], atol=2e-3)
    assert back.scores.tolist() == table.scores[order].tolist()


def test_a_place_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputUnwritableError):
        write_mot(tmp_path / "file" / "out.txt", MotTable.of([], [], []))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_sequence_tells_its_frame_rate_and_size(file):
    path = file(
        "[Sequence]\nname=S\nimDir=img1\nframeRate=14\nseqLength=837\nimWidth=640\nimHeight=480\n",
        "seqinfo.ini",
    )
    assert read_sequence_info(path) == SequenceInfo("S", 14.0, 837, (480, 640))


@pytest.mark.parametrize(
    "text", ["", "[Sequence]\nname=S\n", "[Sequence]\nname=S\nframeRate=x\nseqLength=1\n"]
)
def test_an_ini_without_the_usual_keys_is_refused(file, text):
    with pytest.raises(UnsupportedFormatError, match=r"not a seqinfo\.ini"):
        read_sequence_info(file(text, "seqinfo.ini"))
