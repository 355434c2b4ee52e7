"""What must hold of a FileStorage that went through a fault."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from ZODB.FileStorage import FileStorage
from ZODB.scripts import fstest
from ZODB.serialize import get_refs
from ZODB.serialize import referencesf
from ZODB.utils import z64


def check_storage(file: Path) -> None:
    """Each transaction is whole, each record can be read, and each reference of what is in use leads to an object.

    That is so once a server has started: it cuts off what a full disk left of a transaction at the end.
    """
    FileStorage(str(file)).close()
    fstest.check(str(file))
    with closing(FileStorage(str(file), read_only=True)) as storage:
        for transaction in storage.iterator():
            for record in transaction:
                get_refs(record.data)
        seen, todo = {z64}, [z64]
        while todo:
            data, _ = storage.loadBefore(todo.pop(), b"\x7f" + b"\xff" * 7)[:2]
            found = set(referencesf(data)) - seen
            seen |= found
            todo += found
