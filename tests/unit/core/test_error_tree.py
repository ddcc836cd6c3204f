"""The error tree: stable codes, one class each, drawn at the top of its file."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator

import pytest

from sightline.core import errors
from sightline.core.errors import RunCancelled, SightlineError, SourceUnavailableError
from sightline.core.optional import require

CODES = {
    "SightlineError": "error",
    "ConfigError": "config_invalid",
    "UnknownPluginError": "unknown_plugin",
    "MissingDependencyError": "missing_dependency",
    "PipelineContractError": "pipeline_contract",
    "SettingsError": "settings_invalid",
    "RulesError": "rules_invalid",
    "QueryError": "query_invalid",
    "NotationError": "notation_invalid",
    "ResultsInvalidError": "results_invalid",
    "MediaError": "media_error",
    "SourceUnavailableError": "source_unavailable",
    "DecodeFailedError": "decode_failed",
    "UnsupportedFormatError": "unsupported_format",
    "MediaTooLargeError": "media_too_large",
    "ModelError": "model_error",
    "WeightsInvalidError": "weights_invalid",
    "WeightsMissingError": "weights_missing",
    "UnknownLayoutError": "unknown_layout",
    "ModelInputError": "model_input",
    "InferenceFailedError": "inference_failed",
    "DownloadFailedError": "download_failed",
    "AnalysisError": "analysis_error",
    "CalibrationError": "calibration_failed",
    "MissingSpaceError": "missing_space",
    "OutputError": "output_error",
    "OutputUnwritableError": "output_unwritable",
    "OutputFullError": "output_full",
    "RequestError": "request_malformed",
    "BodyTooLargeError": "body_too_large",
    "ContentTypeError": "content_type",
    "RangeInvalidError": "range_invalid",
    "WaitedTooLongError": "waited_too_long",
    "ChecksumError": "checksum_mismatch",
    "PreconditionError": "precondition_failed",
    "KeyReusedError": "key_reused",
    "RunError": "run_error",
    "RunNotFoundError": "run_not_found",
    "IllegalTransitionError": "illegal_transition",
    "ConflictError": "conflict",
    "RunTimeoutError": "run_timeout",
    "RunMemoryError": "run_memory",
    "StageFailedError": "stage_failed",
    "WorkerLostError": "worker_lost",
    "AccessError": "access_error",
    "AuthenticationError": "not_authenticated",
    "AccessDeniedError": "access_denied",
    "NotFoundError": "not_found",
    "AddressRefusedError": "address_refused",
    "ContentRefusedError": "content_refused",
    "LimitError": "limit_reached",
    "RateLimitedError": "rate_limited",
    "QuotaExceededError": "quota_exceeded",
    "StreamError": "stream_error",
    "StreamNotFoundError": "stream_not_found",
    "CameraElsewhereError": "camera_elsewhere",
    "StreamOverloadedError": "stream_overloaded",
    "MessageInvalidError": "message_invalid",
    "FrameRefusedError": "frame_refused",
    "AdapterError": "adapter_error",
    "AdapterUnavailableError": "adapter_unavailable",
}


def tree(root: type[SightlineError] = SightlineError) -> Iterator[type[SightlineError]]:
    yield root
    for kind in root.__subclasses__():
        if kind.__module__ == errors.__name__:
            yield from tree(kind)


def test_codes_are_the_ones_that_clients_know():
    """A released code never changes; a new error adds a line here."""
    assert {kind.__name__: kind.code for kind in tree()} == CODES


def test_every_error_has_a_code_of_its_own():
    codes = [kind.code for kind in tree()]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch("[a-z_]+", code) for code in codes)


@pytest.mark.parametrize("kind", list(tree()), ids=lambda kind: kind.__name__)
def test_every_error_is_drawn_and_marked_in_the_tree(kind):
    drawn = re.findall(rf"\b{kind.__name__}\b(\*?)", errors.__doc__ or "")
    assert len(drawn) == 1
    assert bool(drawn[0]) == kind.retryable


@pytest.mark.parametrize("kind", list(tree()), ids=lambda kind: kind.__name__)
def test_every_error_survives_a_process_border(kind):
    error = pickle.loads(pickle.dumps(kind("what", hint="do this")))
    assert (type(error), str(error), error.hint) == (kind, "what", "do this")


def test_a_hint_is_not_needed():
    assert SourceUnavailableError("gone").hint is None


def test_a_cancel_cannot_be_swallowed_as_an_error():
    assert not issubclass(RunCancelled, Exception)


def test_a_missing_package_names_the_extra_that_brings_it():
    with pytest.raises(errors.MissingDependencyError, match="no_such_package is not installed") as caught:
        require("no_such_package", extra="onnx")
    assert caught.value.hint == "pip install 'sightline[onnx]'"
    assert require("json", extra="onnx").loads("1") == 1
