"""What tests of the command line share."""

from __future__ import annotations

import logging

import pytest
import structlog


@pytest.fixture
def logs_as_before():
    """Undo what a test set up to be logged, when it is over."""
    yield
    root = logging.getLogger("sightline")
    for handler in list(root.handlers):
        root.removeHandler(handler)
        handler.close()
    root.propagate = True
    structlog.reset_defaults()
