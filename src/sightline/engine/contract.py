"""Refuses a wrong pipeline before any weights load."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sightline.core.errors import PipelineContractError

if TYPE_CHECKING:
    from sightline.ports import Stage


def check_contract(stages: Sequence[Stage], *, given: Iterable[str] = ("frame",)) -> frozenset[str]:
    """Check that each stage finds what it consumes; gives all that the pipeline produces.

    Raises:
        PipelineContractError: A name is taken twice, or a stage consumes what nobody before it produces.
    """
    known = set(given)
    names: set[str] = set()
    for stage in stages:
        if stage.name in names:
            raise PipelineContractError(
                f"two stages are called {stage.name!r}", hint="give each its own name"
            )
        names.add(stage.name)
        missing = sorted(stage.consumes - known)
        if missing:
            raise PipelineContractError(
                f"stage {stage.name!r} needs {', '.join(missing)}, which no stage before it produces",
                hint=f"so far there is {', '.join(sorted(known))}; put the producing stage first",
            )
        known |= stage.produces
    return frozenset(known)
