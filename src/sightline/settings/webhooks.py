"""How webhooks are sent."""

from __future__ import annotations

from sightline.settings.declare import SettingsGroup, setting


class WebhookSettings(SettingsGroup):
    """How webhooks are sent."""

    webhook_networks: tuple[str, ...] = setting(
        (),
        "Webhook networks",
        "Private networks that webhooks may be sent to besides public addresses, as a JSON list.",
    )
    webhook_timeout_s: float = setting(
        10.0, "Webhook timeout", "Longest that a webhook's address may take to answer.", unit="s", gt=0, le=60
    )
    webhook_attempts: int = setting(
        8,
        "Webhook attempts",
        "How often a message is sent before it counts as dead.",
        unit="tries",
        ge=1,
        le=50,
    )
    webhook_retry_s: float = setting(
        10.0,
        "Webhook retry",
        "Wait before the second try; it doubles with each further one up to six hours, with jitter.",
        unit="s",
        gt=0,
        le=3600,
    )

    webhook_cooldown_s: float = setting(
        60.0,
        "Webhook cooldown",
        "Of one camera or stream, webhooks are told of hazards of one kind, or of a state, no more often than that.",
        unit="s",
        ge=0,
        le=86_400,
    )
