"""What use-cases are handed: the adapters that `bootstrap` chose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from sightline.core.breaker import Breakers
    from sightline.core.machine import Machine
    from sightline.core.time import Clock
    from sightline.ports import (
        AccountStore,
        CameraStore,
        DeliveryStore,
        EventBus,
        JobQueue,
        Locks,
        ObjectStore,
        Outbox,
        RateLimiter,
        ReceiptStore,
        RunJournal,
        RunStore,
        Upkeep,
        VideoStore,
        WebhookSender,
        WebhookStore,
    )
    from sightline.settings import Settings
    from sightline.vision.zoo import Zoo


@dataclass(frozen=True, slots=True)
class Platform:
    """Everything a use-case may reach outside itself.

    Attributes:
        settings: How Sightline is set up on this machine.
        machine: What this machine can give.
        clock: Tells and passes the time.
        runs: The runs.
        journal: What runs have committed, in the same database.
        outbox: Stored events that the bus has not had yet, likewise.
        queue: Hands queued runs to workers.
        bus: Carries progress to listeners.
        locks: Lets one process at a time do what is done for all.
        objects: Where finished runs are published besides their folder; None where nowhere.
        breakers: One for each outside service that is in use.
        accounts: Users, their keys and sessions, groups, shares and the audit.
        limits: Counts how often somebody does something.
        webhooks: Addresses that are told about runs.
        deliveries: What is on its way to them, in the same database.
        sender: Brings it there.
        videos: What is known of the videos that users gave.
        cameras: Those that are worked on until they are removed.
        receipts: Requests that were taken under a key of the sender's choice.
        upkeep: Looks after the database.
        zoo: The models on this machine.
        rng: Draws the jitter of retries; results never depend on it.
    """

    settings: Settings
    machine: Machine
    clock: Clock
    runs: RunStore
    journal: RunJournal
    outbox: Outbox
    queue: JobQueue
    bus: EventBus
    locks: Locks
    objects: ObjectStore | None
    breakers: Breakers
    accounts: AccountStore
    limits: RateLimiter
    webhooks: WebhookStore
    deliveries: DeliveryStore
    sender: WebhookSender
    videos: VideoStore
    cameras: CameraStore
    receipts: ReceiptStore
    upkeep: Upkeep
    zoo: Zoo
    rng: Random
