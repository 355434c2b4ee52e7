"""The waiting room: jobs come in through shards, wait in lanes, and are claimed from there.

Who writes what: a put writes the job and its connection's shard. A claim writes cursors, lanes, the schedule, quotas
and the agent's workload, never the job. So puts never conflict with puts or claims; two claims conflict when they take
from the same place, and the loser simply claims again. If a process dies before its commit nothing has happened; after
it, the agent's workload says who has the job.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from collections.abc import Iterator
from datetime import datetime
from datetime import timedelta
from typing import TYPE_CHECKING
from typing import Any

from BTrees.OOBTree import OOBTree
from persistent import Persistent
from ZODB.interfaces import IConnection
from ZODB.utils import u64
from ZODB.utils import z64
from zope.interface import implementer

from zc.async_ import clock
from zc.async_ import instanceuuid
from zc.async_.bells import ring_after_commit
from zc.async_.callbacks import as_job
from zc.async_.claims import ClaimRound
from zc.async_.completed import Completed
from zc.async_.completed import Workload
from zc.async_.containers import Base
from zc.async_.containers import Inherited
from zc.async_.containers import Registry
from zc.async_.containers import SmallLeafTree
from zc.async_.containers import objects_of_tree
from zc.async_.dispatchers import Dispatchers
from zc.async_.history import History
from zc.async_.interfaces import KEY
from zc.async_.interfaces import NEW
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import IQueue
from zc.async_.interfaces import QueuesOfVersion1
from zc.async_.interfaces import UnknownQuota
from zc.async_.lanes import FRONT
from zc.async_.lanes import Lane
from zc.async_.lanes import Place
from zc.async_.notes import LiveAnnotations
from zc.async_.quota import Quotas
from zc.async_.shards import Shard
from zc.async_.shards import shard_name
from zc.async_.watching import Watched
from zc.async_.whereabouts import fetched


if TYPE_CHECKING:
    from collections.abc import Iterable

    from zc.async_.job import Job


UNTIL_IT_IS_BACK = timedelta(hours=1)
"""How long a job of an absent class is left alone."""

KEEP_COMPLETED_FOR = timedelta(days=7)
KEEP_COMPLETED = 50_000


def getDefaultQueue(obj: Any) -> Queue:
    """The queue named ``''`` in the database of a persistent object or connection."""
    return IConnection(obj).root()[KEY][""]


class Queues(Registry):
    """The queues by name; lives in the database root under ``KEY``.

    What is set here holds for all queues and dispatchers that have not set it themselves; None leaves it to them.
    Dispatchers see a change at once. ``poll_interval`` and ``grace``, how long running jobs may go on when a
    dispatcher ends, are by default what the process says. ``busy_poll_interval`` is for storages that do not tell of
    changes (RelStorage): between two looks while there is work; see ``pace``.
    """

    keep_completed_for = Inherited()
    keep_completed = Inherited()
    ping_interval = Inherited()
    ping_death_interval = Inherited()
    poll_interval: timedelta | None = None
    busy_poll_interval: timedelta | None = None
    grace: timedelta | None = None

    def __setstate__(self, state: Any) -> None:
        if "_children" not in state:
            raise QueuesOfVersion1
        super().__setstate__(state)

    def __setitem__(self, name: str, value: Queue) -> None:
        if not IQueue.providedBy(value):
            raise ValueError("value must be IQueue")
        super().__setitem__(name, value)


@implementer(IQueue)
class Queue(Base):
    """Waiting jobs, and what limits and works on them.

    Iteration, ``len`` and indexes cover the waiting jobs only, in the order in which they would start if nothing
    limited them. ``paused`` queues accept jobs and hand out none. Completed jobs are forgotten after
    ``keep_completed_for``, and the oldest of more than ``keep_completed``; set these on the queue to change them, or on
    :class:`Queues` for all.
    ``cancelled`` are jobs that were cancelled while they waited; those that ran are with their agents.
    ``history`` tells what people did to the queue and its jobs; None until somebody did something.
    """

    name: str | None = None
    paused = False
    keep_completed_for = Inherited(KEEP_COMPLETED_FOR)
    keep_completed = Inherited(KEEP_COMPLETED)
    history: History | None = None

    def __init__(self) -> None:
        self.shards = OOBTree()
        self.lanes = OOBTree()
        self.scheduled = SmallLeafTree()
        self.live = LiveAnnotations()
        self.cancelled = Completed(self, Workload())
        self.resumed = OOBTree()
        self.watched = Watched()
        self.quotas = Quotas()
        self.quotas.parent = self
        self.dispatchers = Dispatchers()
        self.dispatchers.parent = self

    # Putting

    def put(
        self,
        item: Any,
        begin_after: datetime | None = None,
        begin_by: timedelta | None = None,
        failure_log_level: int | None = None,
        retry_policy_factory: Any = None,
    ) -> Job:
        """Queue a job, or a callable to make one of, and return the job.

        It runs once the caller's transaction is committed. Raises at this call, and then has changed nothing in the
        queue: ``TypeError`` for what is no job; ``ValueError`` for a job that is not NEW or is in another database, and
        for a naive ``begin_after``; :class:`UnknownQuota`; and :class:`JobNotPicklable` naming the argument.
        """
        job = as_job(item)
        if job.status != NEW:
            raise ValueError("cannot add already-assigned job")
        self._check_database(job)
        self.check_quota_names(job.quota_names)
        if begin_after is not None:
            job.begin_after = begin_after
        if begin_by is not None:
            job.begin_by = begin_by
        if failure_log_level is not None:
            job.failure_log_level = failure_log_level
        if retry_policy_factory is not None:
            job.retry_policy_factory = retry_policy_factory
        job.check_picklable()
        job.queued(self, clock.now(), instanceuuid.current())
        self._enter(job)
        return job

    def putBack(self, job: Job) -> None:
        """Queue a job again, before all others of its lane. Its places in quotas stay reserved for it."""
        job.put_back = True
        self.enter_again(job)

    def enter_again(self, job: Job) -> None:
        """Take in a job that its agent gave back; it comes through the caller's shard like a new one."""
        job.requeued(self)
        if job.awaited and not job.may_go_on:
            self.watched.add(job)
        else:
            self._enter(job)

    def set_aside(self, job: Any) -> None:
        """Leave a job whose class is absent in this process alone for a while, and then look whether it is back."""
        self.scheduled[clock.to_micros(clock.now() + UNTIL_IT_IS_BACK), u64(job._p_oid)] = job

    def resume(self, job: Job) -> None:
        """Look at a waiting job, because one that it waits for has ended. Does not write the job's record."""
        self._enter(job, self.resumed)

    def put_callback(self, job: Job) -> None:
        """Queue a callback of a job that is completed already. Raises as :meth:`put` does."""
        self._check_database(job)
        self.check_quota_names(job.quota_names)
        job.check_picklable()
        job.queued(self, clock.now(), instanceuuid.current())
        self._enter(job)

    def _enter(self, job: Job, shards: Any = None) -> None:
        connection = self._p_jar
        if connection is None:
            raise ValueError("the queue is not in a database yet: add it to one and commit before queueing jobs")
        if job._p_jar is None:
            connection.add(job)
        name = shard_name(connection)
        shards = self.shards if shards is None else shards
        shard = shards.get(name)
        if shard is None:
            shard = shards[name] = Shard()
        shard.append(job)
        ring_after_commit(connection)

    def _check_database(self, job: Job) -> None:
        """Raise ``ValueError`` for a job of another database: a queue knows its jobs by their numbers in its own."""
        if job._p_jar is None or self._p_jar is None:
            return
        other, own = (each.db().database_name for each in (job._p_jar, self._p_jar))
        if other != own:
            raise ValueError(
                f"it is stored in the database {other!r} already, and this queue is in {own!r}: queue a new one", job
            )

    def inlets(self) -> list[Persistent]:
        """What changes when a job comes in. For those who want to be woken by that."""
        shards = [*self.shards.values(), *self.resumed.values()]
        trees = [*objects_of_tree(self.shards), *objects_of_tree(self.resumed)]
        return [*trees, self.watched, *shards, *self.watched.awaited()]

    def check_quota_names(self, names: Iterable[str]) -> None:
        """Raise :class:`UnknownQuota` for the first name that is no quota of this queue."""
        for name in names:
            if name not in self.quotas:
                raise UnknownQuota("unknown quota name", name)

    # Looking

    def __iter__(self) -> Iterator[Job]:
        arrived = [(self.place_of(job), job) for job in fetched(itertools.chain.from_iterable(self.shards.values()))]
        lanes = [lane.items() for lane in self.lanes.values()]
        due = heapq.merge(sorted(arrived, key=_place), *lanes, key=_place)
        return itertools.chain((job for _, job in due), self.scheduled.values())

    def __len__(self) -> int:
        waiting = itertools.chain(self.shards.values(), self.lanes.values())
        return sum(len(part) for part in waiting) + len(self.scheduled)

    def __bool__(self) -> bool:
        return len(self) > 0

    def __getitem__(self, index: int) -> Job:
        if index < 0:
            index += len(self)
        if index >= 0:
            for job in itertools.islice(self, index, index + 1):
                return job
        raise IndexError("queue index out of range")

    def place_of(self, job: Job) -> Place:
        """Where a waiting job stands among the others."""
        rank = FRONT if job.put_back else -job.priority
        return rank, job.due_micros, u64(job._p_oid)

    def next_due(self, now: datetime) -> datetime | None:
        """When the next scheduled job becomes due, or None. One due by ``now`` waits for a claim, not for time."""
        following = next(iter(self.scheduled.keys(min=(clock.to_micros(now) + 1, 0))), None)
        return None if following is None else clock.from_micros(following[0])

    def leave_place(self, job: Job) -> bool:
        """Prepare a waiting job for a change of its place; whether it has to :meth:`take_place` after that.

        Writes what a claim of the job writes, so that of a claim and a change at the same moment one conflicts. A BTree
        would merge two changes of an entry's surroundings, but not two removals of it.
        """
        if job._p_serial == z64:
            return False  # put in this very transaction: nobody else can see it
        if self._leave_lane(job) or self.scheduled.pop(self.schedule_key(job), None) is not None:
            return True
        any(shard.hold_still(job) for shard in self.shards.values())
        return False

    def take_place(self, job: Job) -> None:
        """Let a job come in once more, which wakes dispatchers: with other quotas it may start."""
        self._enter(job)

    def _leave_lane(self, job: Job) -> bool:
        lane = self.lanes.get(job.lane)
        return lane is not None and lane.discard(self.place_of(job))

    def enter_lane(self, job: Job) -> None:
        """Let a job that is due wait in its lane."""
        names = job.lane
        lane = self.lanes.get(names)
        if lane is None:
            lane = self.lanes[names] = Lane()
        lane.add(self.place_of(job), job)

    # Withdrawing

    def pull(self, index: int = 0) -> Job:
        """Take the waiting job at that position out and return it as a NEW one; ``IndexError`` if there is none."""
        job = self[index]
        self.remove(job)
        return job

    def remove(self, job: Job) -> None:
        """Take a waiting job out; it is NEW again. ``LookupError`` if it is not waiting here."""
        self.take_out(job)
        self.live.forget([job])
        job.withdrawn()

    def take_out(self, job: Job) -> None:
        """Strike a waiting job from the queue's books only; ``LookupError`` if it is not waiting here."""
        if job.status != PENDING or job.queue is not self or not self._discard(job):
            raise LookupError("item not in queue", job)

    def _discard(self, job: Job) -> bool:
        if self._leave_lane(job) or self.scheduled.pop(self.schedule_key(job), None) is not None:
            return True
        return any(shard.withdraw(job) for shard in self.shards.values())

    # Claiming

    def claim(self, filter: Callable[[Job], bool] | None = None, default: Any = None) -> Any:
        """Take out the first job that may start now, or ``default``; the caller must give it to an agent.

        A job whose ``begin_by`` has passed is handed out whatever ``filter`` and quotas say, so that it can fail; but
        not while it stands behind one that a full quota stops.
        """
        claimed, _ = self.claim_jobs(1, filter)
        return claimed[0] if claimed else default

    def claim_jobs(self, limit: int, filter: Callable[[Job], bool] | None = None) -> tuple[list[Job], list[Persistent]]:
        """Take out up to ``limit`` jobs that may start now, and tell whose change may let others start.

        The caller commits. A ``ConflictError`` then means that somebody was faster: abort and claim again.
        """
        if self.paused or limit < 1:
            return [], []
        return ClaimRound(self, clock.now()).choose(limit, filter)

    def schedule_key(self, job: Job) -> tuple[int, int]:
        """Where a job stands in the schedule, which is sorted by due time, whatever the priority."""
        return job.due_micros, u64(job._p_oid)


def _place(item: tuple[Place, Job]) -> Place:
    return item[0]
