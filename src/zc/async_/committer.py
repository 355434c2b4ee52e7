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

    def begin_with(self, look: Callable[[], Value], begun: bool = False) -> Value:
        """Begin a transaction and return what ``look`` finds in it, however long the database server is away.

        The first look is in the present one if that has ``begun``, as after a commit: it need not ask the server.
        """
        while True:
            try:
                with outage.named():
                    if not begun:
                        self.transactions.begin()
                    return look()
            except ClientDisconnected:
                self.patience.wait()
                begun = False

    def try_commit(self, write: Callable[[], None], is_stored: Callable[[], bool] | None = None) -> bool:
        """Commit what ``write`` writes; False, and begun anew, if that met a conflict or an absent server.

        If ``is_stored`` then finds that only the answer to the commit was lost, that is as good as an answer: a commit
        that ends the hold on the job must not be made again.
        """
        try:
            with outage.named():
                write()
                self.transactions.commit()
            return True
        except ClientDisconnected:  # a TransactionError, too
            self.transactions.abort()
            self.patience.wait()
            if is_stored is not None and self.begin_with(is_stored):
                return True
        except TransactionError:
            self.transactions.abort()
        self.begin_anew()
        return False

    def persist(self, write: Callable[[], None], is_stored: Callable[[], bool] | None = None) -> None:
        """Commit what ``write`` writes, whatever conflicts that meets."""
        while not self.try_commit(write, is_stored):
            pass

    def give_up(self, job: Job, write: Callable[[], None]) -> None:
        """Commit what ``write`` writes, which gives the job back; unless it was rescued meanwhile."""
        release, interruptions = job.last_release, job.interruptions
        self.persist(write, lambda: job.last_release != release and job.interruptions == interruptions)
