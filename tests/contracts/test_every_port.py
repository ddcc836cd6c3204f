"""No port without a contract."""

from __future__ import annotations

import ast
from pathlib import Path

import sightline.ports
from sightline.testing import contracts

CONTRACTS = {
    "AccountStore": "AccountStoreContract",
    "Application": "ApplicationContract",
    "CameraStore": "CameraStoreContract",
    "WebhookSender": "WebhookSenderContract",
    "DeliveryStore": "DeliveryStoreContract",
    "EventBus": "EventBusContract",
    "FrameSource": "FrameSourceContract",
    "JobQueue": "JobQueueContract",
    "Locks": "LocksContract",
    "ModelAdapter": "ModelAdapterContract",
    "ObjectStore": "ObjectStoreContract",
    "Outbox": "OutboxContract",
    "Pending": "ModelAdapterContract",
    "RateLimiter": "RateLimiterContract",
    "ReceiptStore": "ReceiptStoreContract",
    "Resumable": "StageContract",
    "RunJournal": "RunJournalContract",
    "RunStore": "RunStoreContract",
    "Runtime": "RuntimeContract",
    "Scene": "SceneContract",
    "Stage": "StageContract",
    "TableReader": "TablesContract",
    "TableWriter": "TablesContract",
    "Tracker": "TrackerContract",
    "Upkeep": "UpkeepContract",
    "WebhookStore": "WebhookStoreContract",
    "VideoStore": "VideoStoreContract",
}
# Its formats have nothing in common but a call; tests/unit/service/test_export.py holds each to its format.
WITHOUT = {"Export"}


def test_every_port_has_a_contract_class():
    ports = {
        node.name
        for module in Path(sightline.ports.__file__).parent.glob("*.py")
        for node in ast.parse(module.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and any("Protocol" in ast.unparse(base) for base in node.bases)
    }
    assert ports == set(CONTRACTS) | WITHOUT
    assert set(contracts.__all__) == set(CONTRACTS.values())
    assert all(hasattr(contracts, name) for name in contracts.__all__)
