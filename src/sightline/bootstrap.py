"""The one place that chooses adapters and joins them; nothing else knows which are in use."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from sightline.adapters.outbound.sender import HttpSender
from sightline.adapters.wiring import Wiring
from sightline.core.breaker import Breakers
from sightline.core.machine import this_machine
from sightline.core.time import SystemClock
from sightline.service.platform import Platform
from sightline.settings import Settings, read_settings

if TYPE_CHECKING:
    from sightline.core.machine import Machine
    from sightline.core.time import Clock
    from sightline.ports import AccountStore


def build_platform(
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    machine: Machine | None = None,
    store: Any = None,
    accounts: AccountStore | None = None,
) -> Platform:
    """Choose adapters by the settings and hand them over, ready to use.

    Args:
        settings: How Sightline is set up; read from the environment by default.
        clock: Tells the time; the machine's own by default.
        machine: What may be used; looked up by default.
        store: A `RunStore` that is `RunJournal` and `Outbox` too; the one that the settings name by default.
            One of the caller's own comes with a queue in memory.
        accounts: An `AccountStore`; by default one in the database that the runs are in.

    Raises:
        SettingsError: A setting is wrong.
        UnknownPluginError: A setting names an adapter that is not installed.
        AdapterUnavailableError: The run database cannot be opened.
    """
    from sightline.adapters.sql.cameras import SqlCameraStore
    from sightline.adapters.sql.upkeep import SqlUpkeep
    from sightline.adapters.sql.videos import SqlReceiptStore, SqlVideoStore
    from sightline.adapters.sql.webhooks import SqlWebhooks
    from sightline.vision.zoo import Zoo

    settings = settings or read_settings()
    clock = clock or SystemClock()
    breakers = Breakers(clock)
    wiring = Wiring(settings, clock, breakers)
    queue = settings.queue if store is None else "memory"
    store = store if store is not None else wiring.make("runs", settings.runs)
    database = getattr(store, "database", settings.database)
    if accounts is None:
        from sightline.adapters.sql.accounts import SqlAccountStore

        accounts = SqlAccountStore(database)
    webhooks = SqlWebhooks(database)
    return Platform(
        settings=settings,
        machine=machine or this_machine(),
        clock=clock,
        runs=store,
        journal=store,
        outbox=store,
        queue=wiring.make("queues", queue),
        bus=wiring.make("buses", settings.bus),
        locks=wiring.make("locks", settings.locks),
        objects=wiring.make("objects", settings.objects) if settings.objects else None,
        breakers=breakers,
        accounts=accounts,
        limits=wiring.make("limits", settings.limits),
        webhooks=webhooks,
        deliveries=webhooks,
        sender=HttpSender.wired(wiring),
        videos=SqlVideoStore(database),
        cameras=SqlCameraStore(database),
        receipts=SqlReceiptStore(database),
        upkeep=SqlUpkeep(database),
        zoo=Zoo(settings.models),
        rng=Random(settings.seed),  # noqa: S311 - spreads retries, guards nothing
    )
