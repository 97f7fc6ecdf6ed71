"""Two embeddings of the same items compared by a protocol: every figure, and by retrieval each query by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.core.types import RETRIEVAL
from explorer.evaluation.paired import Paired
from explorer.evaluation.protocol import Effort, Protocol, Sample

if TYPE_CHECKING:
    from explorer.evaluation.query_changes import QueryChanges


@dataclass(frozen=True, slots=True)
class Compared:
    """What the figures are, by name, and what became of each query, where the protocol is retrieval."""

    metrics: dict[str, Paired]
    queries: QueryChanges | None


def compared(name: str, protocol: Protocol, a: Sample, b: Sample, effort: Effort) -> Compared:
    """Compare two embeddings of the same items in the same order by the protocol of a name.

    Raises
    ------
    UserError: if the items do not allow it. Cancelled: if ``effort.cancelled()`` turned true.
    """
    metrics = protocol.paired(a, b, effort)
    if name != RETRIEVAL:
        return Compared(metrics, None)
    from explorer.evaluation.query_changes import query_changes  # numba and scipy

    roles = (protocol.params.column, protocol.params.query, protocol.params.gallery)
    return Compared(metrics, query_changes(a, b, effort, roles=roles))
