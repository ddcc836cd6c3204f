"""Same file, settings and model: the same bytes, whatever the batch, the threads or the annotation."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import results_of, sightline

pytestmark = pytest.mark.slow


def tables_of(clip: Path, folder: Path, *options: str | Path, **settings: str) -> dict[str, str]:
    done = sightline(
        "analyze", clip, "--out", folder / "out", "--no-annotate", *options, home=folder / "home", **settings
    )
    assert done.returncode == 0, done.stderr
    return results_of(folder / "out")


@pytest.mark.parametrize(
    "settings",
    [{"batch": "1"}, {"batch": "4"}, {"batch": "8", "in_flight": "8"}, {"threads": "1"}, {"threads": "2"}],
    ids=str,
)
def test_without_weights_nothing_but_speed_depends_on_batch_and_threads(
    people_clip: Path, tmp_path: Path, settings: dict[str, str]
) -> None:
    first = tables_of(people_clip, tmp_path / "first")

    assert tables_of(people_clip, tmp_path / "second", **settings) == first


@pytest.mark.data
@pytest.mark.parametrize("runtime", ["openvino", "onnx"])
def test_with_weights_in_f32_nothing_but_speed_depends_on_batch_and_threads(
    data_dir: Path, tmp_path: Path, runtime: str
) -> None:
    clip = data_dir / "videos" / "people" / "plaza.mp4"
    options = ("--model", data_dir / "weights" / "yolox_nano.onnx", "--stride", "4", "--runtime", runtime)
    choices = (
        {"batch": "1", "threads": "1"},
        {"batch": "4", "threads": "2"},
        {"batch": "8", "in_flight": "8", "threads": "2"},
    )

    found = [
        tables_of(clip, tmp_path / str(number), *options, precision="f32", **choice)
        for number, choice in enumerate(choices)
    ]

    assert found[0] == found[1] == found[2]


def test_the_tables_do_not_depend_on_whether_a_video_is_drawn(people_clip: Path, tmp_path: Path) -> None:
    plain = tables_of(people_clip, tmp_path / "plain")
    out = tmp_path / "drawn" / "out"

    done = sightline("analyze", people_clip, "--out", out, home=tmp_path / "drawn" / "home")

    assert done.returncode == 0, done.stderr
    assert (out / "annotated.mp4").stat().st_size > 0
    assert results_of(out) == plain
