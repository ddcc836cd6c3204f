"""A model that the live owner runs: to a pipeline it looks like any other."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from sightline.core.errors import InferenceFailedError, ModelError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sightline.core.detections import Detections
    from sightline.core.frames import Frame
    from sightline.core.models import ModelInfo
    from sightline.service.live.models import StreamModels
    from sightline.service.live.owner import ModelOwner

_ANSWER_WITHIN_S = 60.0


class _Question:
    """A frame that waits for its answer."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self._done = threading.Event()
        self._answer: Any = None
        self._error: ModelError | None = None

    def answer(self, answer: Any, error: ModelError | None = None) -> None:
        self._answer, self._error = answer, error
        self._done.set()

    def result(self) -> Any:
        """Wait for it.

        Raises:
            ModelError: The model failed on it.
        """
        if not self._done.wait(_ANSWER_WITHIN_S):
            raise InferenceFailedError("no answer came in time", hint="the server is overloaded")
        if self._error is not None:
            raise self._error
        return self._answer


class OwnedModel:
    """See `ports.ModelAdapter`; a client of the owner beside all streams, with its fair share.

    Args:
        name: The client's.
        models: Whose turn it is to be asked.
        owner: Who runs them.
        answered: Told of each answer: after the first one the model is open.
    """

    def __init__(
        self,
        name: str,
        models: StreamModels,
        owner: ModelOwner,
        *,
        answered: Callable[[], None] = lambda: None,
    ) -> None:
        self.id = name
        self._models = models
        self._owner = owner
        self._answered = answered
        self._waiting: deque[_Question] = deque()

    @property
    def name(self) -> str:
        """By which it was chosen."""
        return self._models.chosen.name

    @property
    def info(self) -> ModelInfo:
        """What it is."""
        return self._models.info

    def open(self) -> None:
        """Take a place at the owner's."""
        self._owner.add(self)
        self._owner.start()

    def submit(self, frame: Frame, regions: Detections | None = None) -> _Question:
        """Put a frame in line."""
        del regions
        question = _Question(frame)
        self._waiting.append(question)
        self._owner.wake()
        return question

    def close(self) -> None:
        """Give the place back."""
        self._owner.remove(self, lambda: None)
        self._models.forget(self.id)

    # -- the owner's side ------------------------------------------------------------------------------------

    @property
    def has_work(self) -> bool:
        """Whether a frame waits."""
        return bool(self._waiting)

    def work(self) -> bool:
        """Answer the next one."""
        try:
            self._current = question = self._waiting.popleft()
        except IndexError:
            return False
        try:
            model = self._models.get(1.0, question.frame.source_size, self.id)
            question.answer(model.answer(question.frame))
            self._answered()
        except ModelError as error:
            question.answer(None, error)
            return False
        return True

    def broke(self, error: Exception) -> None:
        """Fail the frame under way."""
        self._current.answer(None, InferenceFailedError(f"the model failed: {type(error).__name__}"))
