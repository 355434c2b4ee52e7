"""Any sequence of events, on a real storage: no job is lost, none has effects twice, limits and order are kept.

Each step is a transaction of its own, of one of several connections; some steps are begun together so that one of them
conflicts and is done again. ``ZC_ASYNC_STATEFUL=long`` runs many more and longer sequences.
"""

import os
import shutil
import tempfile
import uuid
from datetime import datetime
from datetime import timedelta
from datetime import timezone

import transaction
import ZODB
from hypothesis import HealthCheck
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from hypothesis.stateful import invariant
from hypothesis.stateful import precondition
from hypothesis.stateful import rule
from twisted.python.failure import Failure
from ZODB.POSException import ConflictError

from zc.async_ import clock
from zc.async_ import local
from zc.async_ import states
from zc.async_.agent import Agent
from zc.async_.executor import perform
from zc.async_.interfaces import ACTIVE
from zc.async_.interfaces import ASSIGNED
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import KEY
from zc.async_.interfaces import NEW
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import DatabaseOpened
from zc.async_.interfaces import ReassignedError
from zc.async_.job import Job
from zc.async_.later import OwnThread
from zc.async_.subscribers import queue_installer


DISPATCHERS = 3
PUTTERS = 2
QUOTAS = ("narrow", "wide")

deeds: dict[int, list[str]] = {}
"""What a job's next attempts do, by its number; then it succeeds."""


def work(number):
    """Count the run in a counter of the job's own, then do what the test wants."""
    job = local.getJob()
    job.runs += 1
    deed = deeds[number].pop(0) if deeds.get(number) else "succeed"
    if deed == "fail":
        raise ValueError(number)
    if deed == "conflict":
        raise ConflictError
    if deed == "later":
        raise Later(number)
    return number


class Later(Exception):
    """Asks the policy to put the job off."""


class CountedJob(Job):
    runs = 0


class PutsOff:
    """Puts off when asked, tries again at once after conflicts and interruptions."""

    def __init__(self, job):
        self.job = job

    def jobError(self, failure, data_cache):
        if failure.check(Later):
            return timedelta(seconds=30)
        return bool(failure.check(ConflictError))

    commitError = jobError

    def interrupted(self):
        return True

    def updateData(self, data_cache):
        pass


class Process:
    """A connection with transactions of its own, and for a dispatcher what only its memory knows: jobs in threads."""

    def __init__(self, db, number):
        self.db = db
        self.uuid = uuid.UUID(int=number + 1)
        self.open()

    def open(self):
        self.transactions = transaction.TransactionManager()
        self.connection = self.db.open(self.transactions)
        self.in_threads = {}
        self.alive = True

    @property
    def queue(self):
        return self.connection.root()[KEY][""]

    @property
    def record(self):
        return self.queue.dispatchers[self.uuid]

    @property
    def agent(self):
        return self.record["main"]

    def act(self, step, *args):
        """Do a step until its commit succeeds."""
        for _ in range(5):
            self.transactions.begin()
            answer = step(self, *args)
            try:
                self.transactions.commit()
                return answer
            except ConflictError:
                self.transactions.abort()
        raise AssertionError("a step conflicts without anybody else")

    def vanish(self):
        """End without a trace: transactions are rolled back, threads are gone."""
        self.transactions.abort()
        self.connection.close()
        self.alive = False
        self.in_threads = {}


def step_start(process):
    """What a dispatcher's first pass does with its record."""
    if process.uuid not in process.queue.dispatchers:
        process.queue.dispatchers.register(process.uuid)["main"] = Agent(size=2)
    if process.record.activated is not None:
        process.record.deactivate()
    process.record.activate()
    process.queue.dispatchers.ping(process.uuid)


def step_stop(process):
    process.record.deactivate()


def step_ping(process):
    process.queue.dispatchers.ping(process.uuid)


def step_claim(process, limit):
    process.queue.dispatchers.ping(process.uuid)
    claims, _ = process.agent.claim_jobs(limit)
    return {claim.job._p_oid: claim.key for claim in claims}


def step_put(process, number, priority, quota_names, delay):
    job = CountedJob(work, number)
    job.priority = priority
    job.quota_names = quota_names
    begin_after = None if delay is None else clock.now() + timedelta(seconds=delay)
    process.queue.put(job, begin_after=begin_after, retry_policy_factory=PutsOff)
    process.connection.add(job)
    process.transactions.savepoint()
    return job._p_oid


def step_cancel(process, oid):
    """Cancel a waiting job at once, ask one in work to end, leave others alone."""
    job = process.connection.get(oid)
    if job.status in states.before("cancel"):
        job.cancel("by chance")


def step_withdraw(process, oid):
    job = process.connection.get(oid)
    if job.status == PENDING:
        process.queue.remove(job)
        return True
    return False


def step_reprioritise(process, oid, priority):
    job = process.connection.get(oid)
    if job.status == PENDING:
        job.priority = priority


def step_requota(process, oid, quota_names):
    job = process.connection.get(oid)
    if job.status == PENDING:
        job.quota_names = quota_names


def step_pause(process, paused):
    process.queue.paused = paused


def step_resize_quota(process, name, size):
    process.queue.quotas[name].size = size


def step_resize_agent(process, target, size):
    if target in process.queue.dispatchers:
        process.queue.dispatchers[target]["main"].size = size


quota_sets = st.sampled_from([(), ("narrow",), ("wide",), ("narrow", "wide"), ("wide", "narrow")])
priorities = st.integers(-1, 1)


class Engine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = tempfile.mkdtemp()
        self.time = datetime(2026, 3, 1, 10, tzinfo=timezone.utc)
        clock.set_source(lambda: self.time)
        deeds.clear()
        self.db = ZODB.DB(os.path.join(self.folder, "Data.fs"))
        queue_installer(DatabaseOpened(self.db))
        self.dispatchers = [Process(self.db, number) for number in range(DISPATCHERS)]
        self.putters = [Process(self.db, DISPATCHERS + number) for number in range(PUTTERS)]
        self.watcher = Process(self.db, 99)
        self.jobs = []
        self.seen = {}
        self.withdrawn = set()
        self.last = {}
        self.watcher.act(lambda process: process.queue.quotas.create("narrow", 1))
        self.watcher.act(lambda process: process.queue.quotas.create("wide", 2))
        for one in self.dispatchers:
            one.act(step_start)

    def teardown(self):
        try:
            self.drain()
        finally:
            for process in [*self.dispatchers, *self.putters, self.watcher]:
                if process.alive:
                    process.vanish()
            self.db.close()
            shutil.rmtree(self.folder)
            clock.set_source(None)

    # What happens

    @rule(
        by=st.integers(0, PUTTERS - 1),
        priority=priorities,
        quota_names=quota_sets,
        delay=st.sampled_from([None, None, -5, 0, 10, 40]),
        deed=st.lists(st.sampled_from(["fail", "conflict", "later"]), max_size=2),
    )
    def put(self, by, priority, quota_names, delay, deed):
        number = len(self.jobs)
        deeds[number] = deed
        self.jobs.append(self.putters[by].act(step_put, number, priority, quota_names, delay))

    @rule(count=st.integers(3, 20))
    def put_many(self, count):
        for _ in range(count):
            self.put(0, 0, (), None, [])

    def live(self, number):
        return self.dispatchers[number % DISPATCHERS] if self.dispatchers[number % DISPATCHERS].alive else None

    @rule(by=st.integers(0, DISPATCHERS - 1), limit=st.integers(1, 4))
    def claim(self, by, limit):
        one = self.live(by)
        if one is not None:
            self.check_order_of(one, limit)
            one.in_threads.update(one.act(step_claim, limit))

    @rule(first=st.integers(0, DISPATCHERS - 1), second=st.integers(0, DISPATCHERS - 1), limit=st.integers(1, 4))
    def claim_together(self, first, second, limit):
        one, other = self.live(first), self.live(second)
        if one is not None and other is not None and one is not other:
            self.together(one, (step_claim, limit), other, (step_claim, limit))

    @rule(by=st.integers(0, DISPATCHERS - 1), which=st.integers(0), quota_names=quota_sets, change_first=st.booleans())
    def change_while_claiming(self, by, which, quota_names, change_first):
        one = self.live(by)
        if one is not None and self.jobs:
            change = (step_requota, self.jobs[which % len(self.jobs)], quota_names)
            pair = [(self.putters[1], change), (one, (step_claim, 2))]
            (a, step_a), (b, step_b) = pair if change_first else pair[::-1]
            self.together(a, step_a, b, step_b)

    @rule(by=st.integers(0, DISPATCHERS - 1), which=st.integers(0), withdraw_first=st.booleans())
    def withdraw_while_claiming(self, by, which, withdraw_first):
        one = self.live(by)
        if one is not None and self.jobs:
            oid = self.jobs[which % len(self.jobs)]
            pair = [(self.putters[1], (step_withdraw, oid)), (one, (step_claim, 2))]
            (a, step_a), (b, step_b) = pair if withdraw_first else pair[::-1]
            if True in self.together(a, step_a, b, step_b):
                self.withdrawn.add(oid)

    def together(self, one, first, other, second):
        """Both act on what they see now; the one who commits second may have to act again."""
        one.transactions.begin()
        other.transactions.begin()
        answers = []
        for process, (step, *args) in ((one, first), (other, second)):
            answers.append(step(process, *args))
        one.transactions.commit()
        try:
            other.transactions.commit()
        except ConflictError:
            other.transactions.abort()
            answers[1] = other.act(second[0], *second[1:])
        for process, answer in zip((one, other), answers, strict=True):
            if isinstance(answer, dict):
                process.in_threads.update(answer)
        return answers

    @rule(by=st.integers(0, DISPATCHERS - 1), which=st.integers(0))
    def run(self, by, which):
        one = self.live(by)
        if one is not None and one.in_threads:
            oid = sorted(one.in_threads)[which % len(one.in_threads)]
            self.perform(one, oid, one.in_threads.pop(oid))

    def perform(self, one, oid, key):
        one.transactions.begin()
        try:
            perform(one.connection.get(oid), key, OwnThread(one.connection.db()))
        except ReassignedError:
            pass
        finally:
            one.transactions.abort()

    @rule(by=st.integers(0, DISPATCHERS - 1), which=st.integers(0), rescuer=st.integers(0, DISPATCHERS - 1))
    def rescue_while_running(self, by, which, rescuer):
        """The worker hangs in its job, is declared dead meanwhile, and then wants to commit."""
        one, other = self.live(by), self.live(rescuer)
        if one is None or other is None or one is other or not one.in_threads:
            return
        oid = sorted(one.in_threads)[which % len(one.in_threads)]
        key = one.in_threads.pop(oid)

        def taken_away():
            def take(process):
                if process.queue.dispatchers[one.uuid].activated is not None:
                    process.queue.dispatchers[one.uuid].deactivate()

            other.act(take)

        one.transactions.begin()
        job = one.connection.get(oid)
        one.transactions.get().addBeforeCommitHook(taken_away)
        try:
            perform(job, key, OwnThread(job._p_jar.db()))
        except ReassignedError:
            pass
        finally:
            one.transactions.abort()

    @rule(by=st.integers(0, DISPATCHERS - 1))
    def crash(self, by):
        one = self.live(by)
        if one is not None:
            one.vanish()

    @rule(by=st.integers(0, DISPATCHERS - 1))
    def start_again(self, by):
        one = self.dispatchers[by]
        if not one.alive:
            one.open()
            one.act(step_start)

    @rule(by=st.integers(0, DISPATCHERS - 1))
    def restart_cleanly(self, by):
        one = self.live(by)
        if one is not None:
            one.act(step_ping)
            one.act(step_stop)
            one.in_threads.clear()
            one.act(step_start)

    @rule(seconds=st.sampled_from([1, 15, 61]))
    def wait(self, seconds):
        self.time += timedelta(seconds=seconds)

    @rule(by=st.integers(0, DISPATCHERS - 1))
    def ping(self, by):
        one = self.live(by)
        if one is not None:
            one.act(step_ping)

    @precondition(lambda self: self.jobs)
    @rule(by=st.integers(0, PUTTERS - 1), which=st.integers(0))
    def withdraw(self, by, which):
        oid = self.jobs[which % len(self.jobs)]
        if self.putters[by].act(step_withdraw, oid):
            self.withdrawn.add(oid)

    @precondition(lambda self: self.jobs)
    @rule(by=st.integers(0, PUTTERS - 1), which=st.integers(0))
    def cancel(self, by, which):
        self.putters[by].act(step_cancel, self.jobs[which % len(self.jobs)])

    @precondition(lambda self: self.jobs)
    @rule(by=st.integers(0, PUTTERS - 1), which=st.integers(0), priority=priorities)
    def change_priority(self, by, which, priority):
        self.putters[by].act(step_reprioritise, self.jobs[which % len(self.jobs)], priority)

    @precondition(lambda self: self.jobs)
    @rule(by=st.integers(0, PUTTERS - 1), which=st.integers(0), quota_names=quota_sets)
    def change_quotas(self, by, which, quota_names):
        self.putters[by].act(step_requota, self.jobs[which % len(self.jobs)], quota_names)

    @rule(paused=st.booleans())
    def pause(self, paused):
        self.putters[0].act(step_pause, paused)

    @rule(name=st.sampled_from(QUOTAS), size=st.integers(1, 3))
    def resize_quota(self, name, size):
        self.putters[0].act(step_resize_quota, name, size)

    @rule(by=st.integers(0, DISPATCHERS - 1), size=st.integers(0, 4))
    def resize_agent(self, by, size):
        self.putters[0].act(step_resize_agent, self.dispatchers[by].uuid, size)

    # What must always be true

    def check_order_of(self, one, limit):
        """A claim takes, of each lane, the first ones: put back before all, then priority, due time, arrival."""
        one.transactions.begin()
        before = [job for job in one.queue if job.not_before <= clock.to_micros(self.time)]
        rank = {job._p_oid: position for position, job in enumerate(before)}
        claims, _ = one.agent.claim_jobs(limit)
        claimed = {claim.job._p_oid for claim in claims}
        for lane in {claim.job.lane for claim in claims}:
            ranks = [rank[job._p_oid] for job in before if job.lane == lane and job._p_oid in claimed]
            passed_over = [
                rank[job._p_oid]
                for job in before
                if job.lane == lane and job._p_oid not in claimed and not job.put_back
            ]
            assert not passed_over or max(ranks) < min(passed_over), "order within a lane"
        one.transactions.abort()

    @invariant()
    def limits_order_and_length(self):
        watcher = self.watcher
        watcher.transactions.begin()
        queue = watcher.queue
        waiting = list(queue)
        assert len(queue) == len(waiting), (len(queue), len(waiting))
        assert len({job._p_oid for job in waiting}) == len(waiting), "a job waits twice"
        assert all(job.status == PENDING for job in waiting)
        self.check_whereabouts(queue, {job._p_oid for job in waiting})
        self.check_limits(queue)
        places = [queue.place_of(job) for job in waiting if job not in set(queue.scheduled.values())]
        assert places == sorted(places)

    def check_whereabouts(self, queue, waiting):
        agents = [record["main"] for record in queue.dispatchers.values()]
        in_work = [job._p_oid for agent in agents for job in agent]
        assert len(set(in_work)) == len(in_work), "two agents work on one job"
        filed = [job._p_oid for agent in agents for job in agent.completed]
        to_file = [
            job._p_oid for agent in agents for job, key, _ in agent._workload.claims
            if job.is_completed and key > job.last_release
        ]  # fmt: skip
        completed = filed + to_file + [job._p_oid for job in queue.cancelled]
        assert len(set(completed)) == len(completed), "a job was completed twice"
        for number, oid in enumerate(self.jobs):
            job = self.watcher.connection.get(oid)
            places = [oid in waiting, oid in in_work, oid in completed, oid in self.withdrawn]
            assert places.count(True) == 1, (number, job.status, places)
            expected = [(PENDING,), (ASSIGNED, ACTIVE), (COMPLETED,), (NEW,)][places.index(True)]
            assert job.status in expected, (number, job.status, places)
            succeeded = job.status == COMPLETED and not isinstance(job.result, Failure)
            assert job.runs == succeeded, (number, job.status, job.runs)
            assert job.status in states.reachable(self.seen.get(oid, NEW)), (number, self.seen[oid], job.status)
            self.seen[oid] = job.status

    def check_limits(self, queue):
        """What is in work may be above a limit only because the limit was lowered meanwhile."""
        for record in queue.dispatchers.values():
            agent = record["main"]
            self.check_limit(("agent", record.UUID), len(agent), agent.size)
        in_work = [job for record in queue.dispatchers.values() for job in record["main"]]
        for name in QUOTAS:
            quota = queue.quotas[name]
            running = [job for job in in_work if name in job.quota_names]
            assert all(job in quota for job in running), "a job runs without holding its quota"
            self.check_limit(name, len(quota), quota.size)

    def check_limit(self, what, number, size):
        allowed = max(size, self.last.get(what, 0))
        assert number <= allowed, (what, number, allowed)
        self.last[what] = number

    # In the end

    def drain(self):
        """With all quotas open and dispatchers alive, everything is completed in the end."""
        self.pause(False)
        for one in self.dispatchers:
            if not one.alive:
                one.open()
                one.act(step_start)
        for name in QUOTAS:
            self.resize_quota(name, 3)
        for number, _ in enumerate(self.dispatchers):
            self.resize_agent(number, 2)
        for _ in range(4 * len(self.jobs) + 20):
            self.wait(15)
            for one in self.dispatchers:
                one.in_threads.update(one.act(step_claim, 4))
                while one.in_threads:
                    self.perform(one, *one.in_threads.popitem())
            self.limits_order_and_length()
            if not self.waiting_or_in_work():
                break
        assert not self.waiting_or_in_work(), "not drained"
        assert all(len(lane) == 0 for lane in self.watcher.queue.lanes.values())

    def waiting_or_in_work(self):
        self.watcher.transactions.begin()
        queue = self.watcher.queue
        return len(queue) + sum(len(record["main"]) for record in queue.dispatchers.values())


LONG = os.environ.get("ZC_ASYNC_STATEFUL") == "long"

TestEngine = Engine.TestCase
TestEngine.settings = settings(
    max_examples=1000 if LONG else 80,
    stateful_step_count=100 if LONG else 50,
    deadline=None,
    derandomize=not LONG,
    suppress_health_check=list(HealthCheck),
)
