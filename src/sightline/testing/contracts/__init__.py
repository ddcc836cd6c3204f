"""Contract tests, one class per port: an implementation is right when it passes its port's class.

Subclass one in a test file, name an implementation in `make`, and run pytest (which the package itself does
not need and does not install):

    class TestMyStore(RunStoreContract):
        def make(self, folder):
            return MyStore(folder / "runs.db")
"""

from sightline.testing.contracts.accounts import AccountStoreContract, RateLimiterContract
from sightline.testing.contracts.application import ApplicationContract
from sightline.testing.contracts.bus import EventBusContract
from sightline.testing.contracts.cameras import CameraStoreContract
from sightline.testing.contracts.locks import LocksContract
from sightline.testing.contracts.models import ModelAdapterContract, RuntimeContract
from sightline.testing.contracts.objects import ObjectStoreContract
from sightline.testing.contracts.queue import JobQueueContract
from sightline.testing.contracts.runs import OutboxContract, RunJournalContract, RunStoreContract
from sightline.testing.contracts.scene import SceneContract
from sightline.testing.contracts.source import FrameSourceContract
from sightline.testing.contracts.stage import StageContract
from sightline.testing.contracts.tables import TablesContract
from sightline.testing.contracts.tracker import TrackerContract
from sightline.testing.contracts.upkeep import UpkeepContract
from sightline.testing.contracts.videos import ReceiptStoreContract, VideoStoreContract
from sightline.testing.contracts.webhooks import (
    DeliveryStoreContract,
    WebhookSenderContract,
    WebhookStoreContract,
)

__all__ = [
    "AccountStoreContract",
    "ApplicationContract",
    "CameraStoreContract",
    "DeliveryStoreContract",
    "EventBusContract",
    "FrameSourceContract",
    "JobQueueContract",
    "LocksContract",
    "ModelAdapterContract",
    "ObjectStoreContract",
    "OutboxContract",
    "RateLimiterContract",
    "ReceiptStoreContract",
    "RunJournalContract",
    "RunStoreContract",
    "RuntimeContract",
    "SceneContract",
    "StageContract",
    "TablesContract",
    "TrackerContract",
    "UpkeepContract",
    "VideoStoreContract",
    "WebhookSenderContract",
    "WebhookStoreContract",
]
