"""A run's files: those of its manifest, and no others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from finished_run import finished_run
from sightline.core.errors import ConflictError, NotFoundError
from sightline.core.runs import RunState
from sightline.service.pipelines.artifacts import find_artifact, list_artifacts


@pytest.fixture
def run(tmp_path):
    return finished_run(tmp_path / "run")


def test_every_file_of_the_manifest_is_listed_and_nothing_else(run):
    names = [one.name for one in list_artifacts(run)]
    assert names == ["report.json", "tables/frames.parquet", "tables/tracks.parquet", "manifest.json"]


def test_a_file_is_found_with_its_hash(run):
    found = find_artifact(run, "report.json")
    assert (found.path.read_text(), found.media_type) == ('{"people": 2}', "application/json")
    assert len(found.sha256) == 64


@pytest.mark.parametrize("name", ["own.txt", "../run/report.json", "/etc/passwd", "", ".", "tables"])
def test_a_file_that_is_not_of_the_manifest_cannot_be_had(run, name):
    with pytest.raises(NotFoundError):
        find_artifact(run, name)


def test_an_unfinished_run_has_no_files(run, tmp_path):
    unfinished = replace(run, state=RunState.RUNNING, folder=str(tmp_path / "elsewhere"))
    with pytest.raises(ConflictError):
        list_artifacts(unfinished)
