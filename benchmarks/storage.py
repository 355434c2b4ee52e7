"""Looks into the file of a storage."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from pathlib import Path

from ZODB.FileStorage import FileIterator


def new_objects_per_put(file: Path, jobs: Iterable[bytes]) -> float:
    """How many objects were new in the transactions that queued these jobs, on average."""
    wanted = set(jobs)
    seen: set[bytes] = set()
    counts = []
    for transaction in FileIterator(str(file)):
        new = {record.oid for record in transaction} - seen
        if wanted & new:
            counts.append(len(new))
        seen |= new
    return statistics.mean(counts)
