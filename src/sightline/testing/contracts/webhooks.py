"""What every `WebhookStore`, `DeliveryStore` and `WebhookSender` promises."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sightline.core.errors import AdapterUnavailableError, ConflictError, NotFoundError
from sightline.core.events import EventKind
from sightline.core.webhooks import ENDS, Delivery, DeliveryState, Webhook, new_seed


def webhook(number: int = 1, owner: str = "ada") -> Webhook:
    """Give a webhook that can be told from others."""
    return Webhook(
        id=f"w{number}",
        owner=owner,
        url=f"https://example.org/{number}",
        kinds=ENDS,
        seed=new_seed(bytes([number]) * 24),
        created_s=float(number),
    )


def delivery(number: int = 1, webhook_id: str = "w1", **given: Any) -> Delivery:
    """Give a delivery that can be told from others."""
    values = {
        "body": f'{{"number":{number}}}',
        "created_s": float(number),
        "updated_s": float(number),
        **given,
    }
    return Delivery(f"d{number:03d}", webhook_id, "r1", EventKind.PIPELINE_COMPLETED, **values)


class WebhookStoreContract:
    """Subclass it and give an empty store in `make`."""

    def make(self, folder: Path) -> Any:
        """Give an implementation; `folder` is empty and its own."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> Any:
        return self.make(tmp_path)

    def test_a_webhook_comes_back_as_it_was(self, store: Any) -> None:
        store.add(webhook())
        assert store.get("w1") == webhook()
        with pytest.raises(ConflictError):
            store.add(webhook())

    def test_one_that_is_not_there_is_not_found(self, store: Any) -> None:
        with pytest.raises(NotFoundError):
            store.get("w1")

    def test_they_are_listed_newest_first_by_owner_and_page(self, store: Any) -> None:
        for number, owner in enumerate(("ada", "bob", "ada"), start=1):
            store.add(webhook(number, owner))
        assert [one.id for one in store.list()] == ["w3", "w2", "w1"]
        assert [one.id for one in store.list(owner="ada")] == ["w3", "w1"]
        assert [one.id for one in store.list(limit=1, before="w3")] == ["w2"]

    def test_a_change_with_an_old_version_loses(self, store: Any) -> None:
        store.add(webhook())
        changed = store.update(replace(webhook(), active=False, reason="gone"))
        assert store.get("w1") == changed
        assert (changed.version, changed.active) == (1, False)
        with pytest.raises(ConflictError):
            store.update(webhook())

    def test_deleting_is_done_once_and_harmless_twice(self, store: Any) -> None:
        store.add(webhook())
        store.delete("w1")
        store.delete("w1")
        assert store.list() == []


class DeliveryStoreContract:
    """Subclass it and give in `make` an empty store that is a `WebhookStore` too."""

    def make(self, folder: Path) -> Any:
        """Give an implementation; `folder` is empty and its own."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> Any:
        made = self.make(tmp_path)
        made.add(webhook(1))
        made.add(webhook(2))
        return made

    def test_the_same_delivery_twice_is_one(self, store: Any) -> None:
        store.post([delivery(1), delivery(1)])
        store.settle(delivery(1, state=DeliveryState.DELIVERED, attempts=1, status=200))
        store.post([delivery(1), delivery(2)])
        assert [(one.id, one.state.value) for one in store.sent("w1")] == [
            ("d002", "waiting"),
            ("d001", "delivered"),
        ]

    def test_what_is_due_is_given_to_one_taker_until_its_lease_is_over(self, store: Any) -> None:
        store.post([delivery(2, next_s=5), delivery(1, next_s=9), delivery(3, next_s=11)])
        assert [one.id for one in store.claim(now_s=10, lease_s=60)] == ["d002", "d001"]
        assert [one.id for one in store.claim(now_s=30, lease_s=60)] == ["d003"]
        assert [one.id for one in store.claim(now_s=70, lease_s=60)] == ["d001", "d002"]

    def test_of_many_takers_one_gets_each(self, store: Any) -> None:
        store.post([delivery(number) for number in range(40)])
        with ThreadPoolExecutor(4) as pool:
            taken = list(pool.map(lambda _: store.claim(now_s=10, lease_s=60, limit=5), range(12)))
        ids = [one.id for some in taken for one in some]
        assert sorted(ids) == [f"d{number:03d}" for number in range(40)]

    def test_what_ended_is_due_no_more_and_waits_again_when_replayed(self, store: Any) -> None:
        store.post([delivery(1), delivery(2)])
        store.settle(delivery(1, state=DeliveryState.DELIVERED))
        store.settle(delivery(2, state=DeliveryState.DEAD, error="it answered 500", status=500, attempts=8))
        assert store.claim(now_s=10, lease_s=60) == []
        (dead,) = store.sent("w1", state=DeliveryState.DEAD)
        assert (dead.error, dead.status, dead.attempts) == ("it answered 500", 500, 8)
        store.settle(replace(dead, state=DeliveryState.WAITING, attempts=0))
        assert [one.id for one in store.claim(now_s=10, lease_s=60)] == ["d002"]

    def test_they_are_listed_by_webhook_and_page(self, store: Any) -> None:
        store.post([delivery(1), delivery(2, "w2"), delivery(3), delivery(4)])
        assert [one.id for one in store.sent("w1", limit=2)] == ["d004", "d003"]
        assert [one.id for one in store.sent("w1", before="d003")] == ["d001"]

    def test_deliveries_go_with_their_webhook(self, store: Any) -> None:
        store.post([delivery(1), delivery(2, "w2")])
        store.delete("w1")
        store.settle(delivery(1, state=DeliveryState.DELIVERED))
        assert store.sent("w1") == []
        assert [one.id for one in store.sent("w2")] == ["d002"]

    def test_what_ended_long_ago_is_forgotten(self, store: Any) -> None:
        store.post([delivery(number) for number in (1, 2, 3)])
        store.settle(delivery(1, state=DeliveryState.DELIVERED, updated_s=10.0))
        store.settle(delivery(2, state=DeliveryState.DEAD, updated_s=20.0))
        assert store.forget(before_s=15.0) == 1
        assert [one.id for one in store.sent("w1")] == ["d003", "d002"]


class WebhookSenderContract:
    """Subclass it and give in `make` a sender that may send to loopback."""

    def make(self) -> Any:
        """Give an implementation."""
        raise NotImplementedError

    @pytest.fixture
    def receiver(self) -> Any:
        with Receiver() as there:
            yield there

    def test_the_message_arrives_as_it_was(self, receiver: Any) -> None:
        status = self.make().send(receiver.url, b'{"a":1}', {"webhook-id": "d1"}, timeout_s=20)
        assert status == 204
        ((path, body, headers),) = receiver.got
        assert (path, body, headers["webhook-id"]) == ("/hook", b'{"a":1}', "d1")
        assert headers["host"] == f"127.0.0.1:{receiver.port}"

    @pytest.mark.parametrize("status", [200, 302, 410, 500])
    def test_the_answer_is_told_and_no_redirect_is_followed(self, receiver: Any, status: int) -> None:
        receiver.status = status
        assert self.make().send(receiver.url, b"", {}, timeout_s=20) == status
        assert len(receiver.got) == 1

    def test_nobody_there_is_told_so(self, receiver: Any) -> None:
        receiver.close()
        with pytest.raises(AdapterUnavailableError, match="does not answer"):
            self.make().send(receiver.url, b"", {}, timeout_s=20)


class Receiver:
    """A small web server on loopback that keeps what it is sent."""

    def __init__(self) -> None:
        self.status = 204
        self.got: list[tuple[str, bytes, dict[str, str]]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.got.append((self.path, body, headers))
                self.send_response(receiver.status)
                self.send_header("location", f"{receiver.url}/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base class
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening; twice does no harm."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
