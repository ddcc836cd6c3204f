"""Whatever is sent, the answer is no 5xx and looks as the document says."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from finished_run import finished_run
from sightline.bootstrap import build_platform
from sightline.server.app import build_server
from sightline.settings import Settings
from sightline.testing.accounts import headers_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
    schemathesis.serializer.alias("application/sdp", "text/plain")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200), pytest.mark.filterwarnings("ignore")]
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 6
RUN_ID = "0001-aa"


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """The document of an application with one finished run, and headers that sign an admin in."""
    home = tmp_path_factory.mktemp("home")
    no_limits = dict.fromkeys(("reads_per_min", "writes_per_min", "public_per_min", "logins_per_min"), 0)
    platform = build_platform(Settings(home=home, min_free_bytes=0, **no_limits))
    platform.runs.add(finished_run(home / "run", RUN_ID, "ann"))
    return schemathesis.openapi.from_asgi("/openapi.json", build_server(platform)), headers_of(platform)


def test_no_answer_to_anything_is_a_surprise(here):
    schema, headers = here
    surprises = []
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case):
            if "pipeline_id" in (case.path_parameters or {}) and case.method == "GET":
                case.path_parameters["pipeline_id"] = RUN_ID  # deeper than "not found"
            answer = case.call(headers=headers)
            # A full house that says so, and when to come back, is an answer; every other 5xx is a fault of ours.
            full = answer.status_code == 503 and answer.json()["code"] == "stream_overloaded"
            assert answer.status_code < 500 or full, answer.text
            case.validate_response(answer, checks=CHECKS)

        try:
            ask()
        except (AssertionError, BaseExceptionGroup) as error:
            surprises.append(f"{operation.label}: {error} {getattr(error, 'exceptions', '')}"[:900])
    assert not surprises, "\n\n".join(surprises)
