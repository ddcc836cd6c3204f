"""Tells addresses what happens to runs: from the outbox, signed, tried again, never forgotten in silence."""
