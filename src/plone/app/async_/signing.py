"""What the Undo log says about the transactions of a job."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from typing import Any


if TYPE_CHECKING:
    from collections.abc import Iterator

    from transaction import Transaction


class Signature:
    """Signs the transactions of a manager; a synchronizer in the sense of ``transaction``.

    A job that commits by itself goes on in a new transaction, which may come into being without ``begin()``: so
    each is signed again when it ends. What the job itself notes is kept.
    """

    def __init__(self, user: str, path: str, note: str) -> None:
        self.user = user
        self.path = path
        self.note = note

    def newTransaction(self, transaction: Transaction) -> None:
        """Sign what has just begun."""
        if not transaction.user:
            transaction.setUser(self.user, self.path)
        if not transaction.description.startswith(self.note):
            transaction.description = "\n".join(filter(None, (self.note, transaction.description)))

    beforeCompletion = newTransaction

    def afterCompletion(self, transaction: Transaction) -> None:
        """Nothing: it is over."""


@contextmanager
def signed(manager: Any, user: str, path: str, note: str) -> Iterator[None]:
    """Sign the present transaction and all that follow, of this thread's manager."""
    signature = Signature(user, path, note)
    manager.registerSynch(signature)
    try:
        yield
    finally:
        manager.unregisterSynch(signature)
