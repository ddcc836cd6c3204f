"""Every error a user can meet.

    SightlineError
      ConfigError        UnknownPluginError MissingDependencyError PipelineContractError SettingsError RulesError
                         QueryError NotationError ResultsInvalidError
      MediaError         SourceUnavailableError* DecodeFailedError UnsupportedFormatError MediaTooLargeError
      ModelError         WeightsInvalidError WeightsMissingError UnknownLayoutError ModelInputError InferenceFailedError
                         DownloadFailedError*
      AnalysisError      CalibrationError MissingSpaceError
      OutputError        OutputUnwritableError OutputFullError
      RequestError       BodyTooLargeError ContentTypeError RangeInvalidError WaitedTooLongError
                         ChecksumError PreconditionError KeyReusedError
      RunError           RunNotFoundError IllegalTransitionError ConflictError RunTimeoutError RunMemoryError
                         StageFailedError WorkerLostError*
      AccessError        AuthenticationError AccessDeniedError NotFoundError AddressRefusedError ContentRefusedError
        LimitError*      RateLimitedError* QuotaExceededError*
      StreamError        StreamNotFoundError CameraElsewhereError StreamOverloadedError* MessageInvalidError
                         FrameRefusedError
      AdapterError       AdapterUnavailableError*
    RunCancelled         (BaseException: a stage's `except Exception` cannot swallow it)

`*` may succeed when tried again. `code` never changes once released; `hint` says what to do.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the system says where a disk, a share of it or a file's greatest size is full: see `OutputFullError`."""


class SightlineError(Exception):
    """What happened in one line, a stable `code` for clients, and a `hint` on what to do."""

    code = "error"
    retryable = False

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message

    def to_json(self) -> dict[str, str | None]:
        """Give it as plain data: `code`, `message`, `hint`."""
        return {"code": self.code, "message": self.message, "hint": self.hint}

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, self.hint))


def _rebuild(kind: type[SightlineError], message: str, hint: str | None) -> SightlineError:
    return kind(message, hint=hint)


class ConfigError(SightlineError):
    """The request cannot be carried out as it was written."""

    code = "config_invalid"


class UnknownPluginError(ConfigError):
    """No implementation of that name is installed."""

    code = "unknown_plugin"


class MissingDependencyError(ConfigError):
    """A package that this choice needs is not installed."""

    code = "missing_dependency"


class PipelineContractError(ConfigError):
    """A stage consumes what no earlier stage produces."""

    code = "pipeline_contract"


class SettingsError(ConfigError):
    """A setting is missing or out of range."""

    code = "settings_invalid"


class RulesError(ConfigError):
    """A rules file (lines, zones, thresholds) does not follow its schema."""

    code = "rules_invalid"


class QueryError(ConfigError):
    """A SQL statement cannot be answered from a run's tables."""

    code = "query_invalid"


class NotationError(ConfigError):
    """A juggling pattern is not written in siteswap, or cannot be juggled."""

    code = "notation_invalid"


class ResultsInvalidError(ConfigError):
    """A run's stored results are damaged, not whole, or of another version."""

    code = "results_invalid"


class MediaError(SightlineError):
    """The video could not be used."""

    code = "media_error"


class SourceUnavailableError(MediaError):
    """The file or address is not there, or not now."""

    code = "source_unavailable"
    retryable = True


class DecodeFailedError(MediaError):
    """The container opened but its pictures could not be decoded."""

    code = "decode_failed"


class UnsupportedFormatError(MediaError):
    """Not a video that Sightline reads."""

    code = "unsupported_format"


class MediaTooLargeError(MediaError):
    """Over a limit on size, duration or resolution."""

    code = "media_too_large"


class ModelError(SightlineError):
    """The model could not be used."""

    code = "model_error"


class WeightsInvalidError(ModelError):
    """The weights are damaged, or not what their manifest says."""

    code = "weights_invalid"


class WeightsMissingError(ModelError):
    """The weights are not on this machine."""

    code = "weights_missing"


class UnknownLayoutError(ModelError):
    """The graph's inputs and outputs match no known model family."""

    code = "unknown_layout"


class ModelInputError(ModelError):
    """A frame does not fit the model's input."""

    code = "model_input"


class InferenceFailedError(ModelError):
    """The runtime failed on a frame."""

    code = "inference_failed"


class DownloadFailedError(ModelError):
    """The weights could not be fetched."""

    code = "download_failed"
    retryable = True


class AnalysisError(SightlineError):
    """A metric could not be computed honestly."""

    code = "analysis_error"


class CalibrationError(AnalysisError):
    """The camera's geometry is unknown or singular."""

    code = "calibration_failed"


class MissingSpaceError(AnalysisError):
    """Coordinates were asked for in a system that is not known here."""

    code = "missing_space"


class OutputError(SightlineError):
    """Results could not be written."""

    code = "output_error"


class OutputUnwritableError(OutputError):
    """The output folder cannot be written to."""

    code = "output_unwritable"


class OutputFullError(OutputError):
    """The disk filled up while writing; the run can be resumed."""

    code = "output_full"


class RequestError(SightlineError):
    """A request over the network cannot be read or answered as it was sent.

    `headers` are sent with the refusal, `more` is part of what it says.
    """

    code = "request_malformed"

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.headers = dict(headers or {})
        self.more = dict(more or {})


class BodyTooLargeError(RequestError):
    """The request carries more bytes than it may."""

    code = "body_too_large"


class ContentTypeError(RequestError):
    """The request's body is of a kind that is not taken here."""

    code = "content_type"


class RangeInvalidError(RequestError):
    """The range of bytes that was asked for is not in the file."""

    code = "range_invalid"


class WaitedTooLongError(RequestError):
    """The work took longer than the request wanted to wait; it goes on."""

    code = "waited_too_long"


class ChecksumError(RequestError):
    """The bytes that came are not those that were sent."""

    code = "checksum_mismatch"


class PreconditionError(RequestError):
    """The request speaks a version of a protocol that is not spoken here."""

    code = "precondition_failed"


class KeyReusedError(RequestError):
    """The key of an earlier request came with another request."""

    code = "key_reused"


class RunError(SightlineError):
    """A run cannot do what was asked of it."""

    code = "run_error"


class RunNotFoundError(RunError):
    """No run of that id."""

    code = "run_not_found"


class IllegalTransitionError(RunError):
    """The run's state does not allow that step."""

    code = "illegal_transition"


class ConflictError(RunError):
    """Something stands in the way: results that are there already, or somebody else who changed or holds it."""

    code = "conflict"


class RunTimeoutError(RunError):
    """A stage, or the whole run, took longer than it was allowed."""

    code = "run_timeout"


class RunMemoryError(RunError):
    """A run took more memory than its process may have."""

    code = "run_memory"


class StageFailedError(RunError):
    """A stage failed in a way that it has no name for; the log holds the cause."""

    code = "stage_failed"


class WorkerLostError(RunError):
    """The process that worked on the run died again and again; the video itself may be what kills it."""

    code = "worker_lost"
    retryable = True


class AccessError(SightlineError):
    """Somebody may not do what they asked for."""

    code = "access_error"


class AuthenticationError(AccessError):
    """Nobody is signed in, or what was shown to prove it does not hold."""

    code = "not_authenticated"


class AccessDeniedError(AccessError):
    """Whoever asks is known, and may not do that."""

    code = "access_denied"


class NotFoundError(AccessError):
    """There is no such thing, or none that whoever asks may know of."""

    code = "not_found"


class AddressRefusedError(AccessError):
    """An address, path or bucket lies outside what this server may reach."""

    code = "address_refused"


class ContentRefusedError(AccessError):
    """A file is not what it says it is, or would cost more to open than it may."""

    code = "content_refused"


class LimitError(AccessError):
    """A limit on how much one user may do has been reached; `retry_after_s` says when to come back."""

    code = "limit_reached"
    retryable = True

    def __init__(self, message: str, *, hint: str | None = None, retry_after_s: float = 1.0) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild_limit, (type(self), self.message, self.hint, self.retry_after_s))


def _rebuild_limit(
    kind: type[LimitError], message: str, hint: str | None, retry_after_s: float
) -> LimitError:
    return kind(message, hint=hint, retry_after_s=retry_after_s)


class RateLimitedError(LimitError):
    """Too many requests in too little time."""

    code = "rate_limited"


class QuotaExceededError(LimitError):
    """The user's share of storage, runs, streams or cameras is used up."""

    code = "quota_exceeded"


class StreamError(SightlineError):
    """A live stream cannot do what was asked of it."""

    code = "stream_error"


class StreamNotFoundError(StreamError):
    """No live stream or camera of that id; it may have timed out."""

    code = "stream_not_found"


class CameraElsewhereError(StreamError):
    """Another server works on this camera: it is watched there."""

    code = "camera_elsewhere"


class StreamOverloadedError(StreamError):
    """The machine cannot take one stream more and keep its promise to the others."""

    code = "stream_overloaded"
    retryable = True
    retry_after_s = 10.0


class MessageInvalidError(StreamError):
    """A message of a live stream does not follow the protocol."""

    code = "message_invalid"


class FrameRefusedError(StreamError):
    """A frame of a live stream is too large, damaged, or no picture."""

    code = "frame_refused"


class AdapterError(SightlineError):
    """An outside service failed."""

    code = "adapter_error"


class AdapterUnavailableError(AdapterError):
    """An outside service does not answer."""

    code = "adapter_unavailable"
    retryable = True


class RunCancelled(BaseException):
    """The run was asked to stop. A BaseException so that no stage swallows it by accident."""
