"""Commits of a run: again after conflicts, patient with the server, and only as long as the job is this run's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import TypeVar

from transaction.interfaces import TransactionError
from ZEO.Exceptions import ClientDisconnected

from zc.async_ import outage
from zc.async_.hold import Hold
from zc.async_.outage import transactions_of
from zc.async_.patience import Patience


if TYPE_CHECKING:
    from zc.async_.job import Job

Value = TypeVar("Value")


class Committer:
    """Begins and commits transactions of the job's connection, in the thread that runs the job."""

    def __init__(self, job: Job, hold: Hold) -> None:
        self.job = job
        self.hold = hold
        self.transactions = transactions_of(job._p_jar)
        self.patience = Patience()

    def begin_anew(self) -> None:
        """Begin a transaction in which the job is still ours, however long the database server is away.

        Raises :class:`ReassignedError` if it is not, or if the dispatcher stops meanwhile.
        """
        self.begin_with(self.hold.check)

    def begin_with(self, look: Callable[[], Value]) -> Value:
        """Begin a transaction and return what ``look`` finds in it, however long the database server is away."""
        while True:
            try:
                with outage.named():
                    self.transactions.begin()
                    return look()
            except ClientDisconnected:
                self.patience.wait()

    def try_commit(self, write: Callable[[], None]) -> bool:
        """Commit what ``write`` writes; False, and begun anew, if that met a conflict or an absent server."""
        try:
            with outage.named():
                write()
                self.transactions.commit()
            return True
        except ClientDisconnected:  # a TransactionError, too
            self.transactions.abort()
            self.patience.wait()
        except TransactionError:
            self.transactions.abort()
        self.begin_anew()
        return False

    def persist(self, write: Callable[[], None]) -> None:
        """Commit what ``write`` writes, whatever conflicts that meets."""
        while not self.try_commit(write):
            pass
