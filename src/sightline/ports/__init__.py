"""Every place where Sightline can be extended, one Protocol each; import them from here.

Built-in implementations register by entry points like anyone's (see `plugins.py`); each port has a contract
test class in `sightline.testing.contracts` that every implementation passes.
"""

from sightline.ports.applications import (
    Application,
    Export,
    ReportContext,
    Scene,
    SceneOptions,
    StageContext,
    TableReader,
    TableWriter,
)
from sightline.ports.pipeline import FrameSource, Resumable, Stage
from sightline.ports.runs import EventBus, JobQueue, Lease, Lock, Locks, Outbox, RunJournal, RunStore
from sightline.ports.server import (
    AccountStore,
    CameraStore,
    ObjectStore,
    RateLimiter,
    ReceiptStore,
    Upkeep,
    VideoStore,
)
from sightline.ports.vision import (
    ClassScores,
    GraphInfo,
    ImageInput,
    ModelAdapter,
    ModelOptions,
    Pending,
    Runtime,
    TensorInfo,
    Tracker,
)
from sightline.ports.webhooks import DeliveryStore, WebhookSender, WebhookStore

__all__ = [
    "AccountStore",
    "Application",
    "CameraStore",
    "ClassScores",
    "DeliveryStore",
    "EventBus",
    "Export",
    "FrameSource",
    "GraphInfo",
    "ImageInput",
    "JobQueue",
    "Lease",
    "Lock",
    "Locks",
    "ModelAdapter",
    "ModelOptions",
    "ObjectStore",
    "Outbox",
    "Pending",
    "RateLimiter",
    "ReceiptStore",
    "ReportContext",
    "Resumable",
    "RunJournal",
    "RunStore",
    "Runtime",
    "Scene",
    "SceneOptions",
    "Stage",
    "StageContext",
    "TableReader",
    "TableWriter",
    "TensorInfo",
    "Tracker",
    "Upkeep",
    "VideoStore",
    "WebhookSender",
    "WebhookStore",
]
