"""Webhooks: each implementation against its port's contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sightline.adapters.outbound.sender import HttpSender
from sightline.adapters.sql.connection import Database
from sightline.adapters.sql.webhooks import SqlWebhooks
from sightline.core.addresses import networks
from sightline.core.errors import AddressRefusedError
from sightline.testing.contracts import DeliveryStoreContract, WebhookSenderContract, WebhookStoreContract
from sightline.testing.webhooks import MemoryWebhooks


class _Sqlite:
    @pytest.fixture(autouse=True)
    def _closed(self):
        self.opened: list[Database] = []
        yield
        for database in self.opened:
            database.close()

    def make(self, folder: Path) -> Any:
        self.opened.append(Database(f"sqlite:///{folder / 'sightline.db'}"))
        return SqlWebhooks(self.opened[-1])


class TestSqliteWebhooks(_Sqlite, WebhookStoreContract):
    pass


class TestSqliteDeliveries(_Sqlite, DeliveryStoreContract):
    pass


class TestMemoryWebhooks(WebhookStoreContract):
    def make(self, folder: Path) -> Any:
        return MemoryWebhooks()


class TestMemoryDeliveries(DeliveryStoreContract):
    def make(self, folder: Path) -> Any:
        return MemoryWebhooks()


class TestHttpSender(WebhookSenderContract):
    def make(self) -> Any:
        return HttpSender(networks(["127.0.0.0/8"]))

    def test_a_private_address_is_refused_before_anything_is_sent(self, receiver):
        with pytest.raises(AddressRefusedError, match="not a public address"):
            HttpSender().send(receiver.url, b"", {}, timeout_s=20)
        assert receiver.got == []

    @pytest.mark.parametrize("found", [["127.0.0.1"], ["93.184.215.14", "127.0.0.1"], ["::ffff:127.0.0.1"]])
    def test_a_name_that_leads_to_a_private_address_is_refused(self, receiver, found):
        sender = HttpSender(resolve=lambda host, port: found)
        with pytest.raises(AddressRefusedError):
            sender.send(f"http://innocent.example:{receiver.port}/", b"", {}, timeout_s=20)
        assert receiver.got == []

    def test_a_name_is_looked_up_once_and_the_connection_goes_there(self, receiver):
        asked = []

        def resolve(host, port):
            asked.append(host)
            return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.99"]

        sender = HttpSender(networks(["127.0.0.1/32"]), resolve=resolve)
        sender.send(f"http://rebinding.example:{receiver.port}/hook", b"", {}, timeout_s=20)
        assert asked == ["rebinding.example"]
        assert receiver.got[0][2]["host"] == f"rebinding.example:{receiver.port}"
