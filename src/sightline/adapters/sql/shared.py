"""Pages of a list: newest first, everybody's, or somebody's and what others share with them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import Select, Table, select, union_all


def newest(
    table: Table,
    narrow: Callable[[Select[Any]], Select[Any]],
    *,
    owner: str,
    shared_ids: Collection[str],
    limit: int,
    before: str | None,
) -> Select[Any]:
    """Give a query for a page of rows.

    Args:
        table: With the columns `id`, by which it is listed, and `owner`.
        narrow: Adds the list's other conditions.
        owner: Whose rows; empty for everybody's.
        shared_ids: Of others, wanted as well as the owner's.
        limit: How many the page holds.
        before: The last id of the page before.
    """

    def page(query: Select[Any]) -> Select[Any]:
        if before is not None:
            query = query.where(table.c.id < before)
        return query.order_by(table.c.id.desc()).limit(limit)

    if not owner:
        return page(narrow(select(table)))
    own, shared = table.c.owner == owner, table.c.id.in_(sorted(shared_ids))
    if not shared_ids:
        return page(narrow(select(table).where(own)))
    # All that fulfils one condition or the other would be sorted; the newest of each are a short range of an index.
    either = [page(narrow(select(table.c.id).where(kind))).subquery() for kind in (own, shared)]
    return page(select(table).where(table.c.id.in_(union_all(*(select(one.c.id) for one in either)))))
