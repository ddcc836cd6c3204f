"""Sends requests: waits and tries again where that may help, and turns refusals into errors."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from sightline.core.errors import AdapterUnavailableError, SightlineError

_AGAIN = frozenset({408, 429, 502, 503, 504})
_SAFE = frozenset({"GET", "HEAD", "PUT", "DELETE"})


class RemoteError(SightlineError):
    """The server refused; `code`, `hint`, `status` and `request_id` are what it said."""

    code = "remote_error"

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail", f"the server answers {status}")), hint=problem.get("hint"))
        self.code = str(problem.get("code", "remote_error"))
        self.status = status
        self.request_id = str(problem.get("request_id", ""))
        self.problem = dict(problem)

    @property
    def may_pass(self) -> bool:
        """Whether the same request may be answered a while later."""
        return self.status in _AGAIN


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is tried, and how long is waited in between.

    Attributes:
        tries: Most tries, the first one included.
        base_s: Wait before the second; it doubles with each further one, with jitter.
        longest_s: Longest wait, also where the server asks for more.
    """

    tries: int = 5
    base_s: float = 0.5
    longest_s: float = 30.0

    def wait_s(self, failures: int, asked_s: float | None) -> float:
        """Give how long to wait after so many failures."""
        jitter = random.uniform(0.5, 1.5)  # noqa: S311 - spreads retries
        own_s: float = self.base_s * 2.0 ** (failures - 1) * jitter
        return min(self.longest_s, own_s if asked_s is None else max(own_s, asked_s))


class Http:
    """One server, as one user.

    Args:
        url: Where it is, as in `http://127.0.0.1:8000`.
        headers: Who asks.
        patience: How often a request is tried.
        transport: Carries the requests; the network by default.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        patience: Patience,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        timeout = httpx.Timeout(60.0, connect=10.0)
        self.client = httpx.Client(
            base_url=url.rstrip("/"), headers=dict(headers), timeout=timeout, transport=transport
        )
        self._patience = patience

    def ask(self, method: str, path: str, *, again: bool | None = None, **more: Any) -> httpx.Response:
        """Send a request and give what came back.

        Args:
            method: As HTTP has it.
            path: On the server.
            again: Whether it may be sent twice; by default where its method says so.
            more: What `httpx` takes.

        Raises:
            RemoteError: The server refuses.
            AdapterUnavailableError: It does not answer.
        """
        may_repeat = method in _SAFE if again is None else again
        failures = 0
        while True:
            try:
                answer = self.client.request(method, path, **more)
            except httpx.TransportError as error:
                failures += 1
                if not may_repeat or failures >= self._patience.tries:
                    raise _away(self.client, error) from error
                time.sleep(self._patience.wait_s(failures, None))
                continue
            if answer.status_code in _AGAIN and may_repeat and failures + 1 < self._patience.tries:
                failures += 1
                time.sleep(self._patience.wait_s(failures, _asked_s(answer)))
                continue
            return checked(answer)

    @contextmanager
    def stream(self, method: str, path: str, **more: Any) -> Iterator[httpx.Response]:
        """Send a request whose answer is read piece by piece.

        Raises:
            RemoteError: The server refuses.
            AdapterUnavailableError: It does not answer.
        """
        try:
            with self.client.stream(method, path, **more) as answer:
                if answer.is_error:
                    answer.read()
                yield checked(answer)
        except httpx.TransportError as error:
            raise _away(self.client, error) from error

    def wait(self, failures: int) -> bool:
        """Wait before something is tried again; says whether it may be."""
        if failures >= self._patience.tries:
            return False
        time.sleep(self._patience.wait_s(failures, None))
        return True


def checked(answer: httpx.Response) -> httpx.Response:
    """Give an answer that is not a refusal.

    Raises:
        RemoteError: It is one.
    """
    if not answer.is_error:
        return answer
    is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
    said = answer.json() if is_problem and answer.content else {}  # HEAD is answered without a body
    raise RemoteError(answer.status_code, said)


def _asked_s(answer: httpx.Response) -> float | None:
    text = answer.headers.get("retry-after", "")
    return float(text) if text.isdecimal() else None


def _away(client: httpx.Client, error: Exception) -> AdapterUnavailableError:
    return AdapterUnavailableError(
        f"{client.base_url} does not answer: {str(error) or type(error).__name__}",
        hint="check that `sightline serve` runs there, and the address",
    )
