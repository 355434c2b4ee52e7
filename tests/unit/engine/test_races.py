"""Two connections, two threads or a lost connection at the worst moment, arranged by hand."""

import threading
import time
import uuid
from datetime import timedelta

import pytest
import sample_jobs
import transaction
import ZODB
import zope.component
from ZEO.Exceptions import ClientDisconnected
from ZODB.FileStorage import FileStorage
from ZODB.POSException import ConflictError

from zc.async_ import clock
from zc.async_.agent import Agent
from zc.async_.dispatcher import Dispatcher
from zc.async_.ears import ToldEar
from zc.async_.executor import perform
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import KEY
from zc.async_.interfaces import NEW
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import DatabaseOpened
from zc.async_.interfaces import IDispatcherActivated
from zc.async_.interfaces import IJobCompleted
from zc.async_.job import Job
from zc.async_.later import OwnThread
from zc.async_.queue import Queue
from zc.async_.shards import Shard
from zc.async_.shards import drop_unused
from zc.async_.subscribers import AgentInstaller
from zc.async_.subscribers import queue_installer
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_until


FIRST, SECOND, THIRD = (uuid.UUID(int=number) for number in (1, 2, 3))


class Visitor:
    """A second connection with a transaction of its own: what another process sees and does."""

    def __init__(self, db):
        self.transactions = transaction.TransactionManager()
        self.connection = db.open(self.transactions)

    @property
    def queue(self):
        return self.connection.root()[KEY][""]

    def see(self, obj):
        """This connection's copy of an object."""
        return self.connection.get(obj._p_oid)

    def agent(self, identity=FIRST):
        return self.queue.dispatchers[identity]["main"]

    def commit(self):
        self.transactions.commit()

    def conflicts(self):
        with pytest.raises(ConflictError):
            self.commit()
        self.transactions.abort()
        return True


@pytest.fixture
def visit(db, queue):
    visitors = []

    def visit():
        visitors.append(Visitor(db))
        return visitors[-1]

    yield visit
    for visitor in visitors:
        visitor.transactions.abort()
        visitor.connection.close()


@pytest.fixture
def put(queue):
    def put(name, quota_names=(), **terms):
        job = Job(str, name)
        job.quota_names = quota_names
        queue.put(job, **terms)
        transaction.commit()
        return job

    return put


@pytest.fixture
def register(queue):
    """Make and activate a dispatcher's record; returns its agent."""

    def register(identity=FIRST, size=5, **settings):
        record = queue.dispatchers.register(identity)
        record["main"] = agent = Agent(size=size, **settings)
        record.activate()
        transaction.commit()
        return agent

    return register


@pytest.fixture
def agent(register):
    return register()


def into_lanes(queue):
    queue.claim_jobs(1, lambda job: False)
    transaction.commit()


def names(jobs):
    return [job.args[0] for job in jobs]


# Taking in


def test_a_backlog_longer_than_one_intake_does_not_stop_claims(queue, put, agent, visit, monkeypatch):
    monkeypatch.setattr("zc.async_.claims.INTAKE_LIMIT", 4)
    for number in range(4):
        put(number)
    other = visit()
    other.queue.put(Job(str, "elsewhere"))
    other.commit()
    transaction.begin()
    assert len(queue.shards) == 2
    claimed = queue.claim_jobs(9)[0] + queue.claim_jobs(9)[0]
    assert sorted(names(claimed), key=str) == [0, 1, 2, 3, "elsewhere"]


def test_a_job_behind_a_long_backlog_does_not_wait_for_the_poll(queue, put, dispatch, monkeypatch):
    monkeypatch.setattr("zc.async_.claims.INTAKE_LIMIT", 4)
    later = timedelta(days=1)
    for number in range(30):
        put(number, begin_by=None, begin_after=clock.now() + later)
    job = put("now")
    dispatch(poll_interval=3600)
    assert wait_for_result(job) == "now"


def test_a_job_put_by_a_host_whose_clock_is_ahead_starts_at_once(put, agent, stopped_clock):
    job = put("a")
    stopped_clock.advance(hours=-1)
    assert agent.parent.queue.claim() is job


# Changing a job's terms while it is claimed


@pytest.mark.parametrize("place", ["shard", "lane", "schedule"])
@pytest.mark.parametrize("first", ["change", "claim"])
def test_changing_the_quotas_of_a_job_while_it_is_claimed_conflicts(
    queue, put, agent, visit, stopped_clock, place, first
):
    queue.quotas.create("one")
    job = put("a", begin_after=stopped_clock.time + timedelta(seconds=place == "schedule"))
    if place != "shard":
        into_lanes(queue)
        stopped_clock.advance(seconds=1)
    other = visit()
    other.see(job).quota_names = ("one",)
    transaction.begin()
    agent.claim_jobs(1)
    if first == "change":
        other.commit()
        with pytest.raises(ConflictError):
            transaction.commit()
        transaction.abort()
    else:
        transaction.commit()
        assert other.conflicts()


def test_a_job_whose_terms_change_while_it_is_taken_in_can_still_be_withdrawn(queue, put, agent, visit):
    job = put("a")
    other = visit()
    other.see(job).priority = 5
    into_lanes(queue)
    assert other.conflicts()
    other.see(job).priority = 5
    other.commit()
    transaction.begin()
    queue.remove(job)
    assert len(queue) == 0


# Quotas


def choose_first(agent):
    return agent.queue.claim()


def test_a_chooser_does_not_overrun_a_quota(queue, put, register):
    agent = register(chooser=choose_first)
    queue.quotas.create("one")
    for name in "abc":
        put(name, ("one",))
    put("d")
    agent.claim_jobs(3)
    transaction.commit()
    assert names(agent) == ["a", "d"]


def test_jobs_put_back_do_not_block_each_other(queue, put, agent):
    queue.quotas.create("one")
    newcomer, holder = put("newcomer"), put("holder", ("one",))
    agent.claim_jobs(2)
    transaction.commit()
    agent.give_back_all()
    transaction.commit()
    newcomer.quota_names = ("one",)
    transaction.commit()
    agent.claim_jobs(2)
    assert list(agent) == [holder]


def test_a_job_put_back_does_not_hold_a_quota_that_it_no_longer_names(queue, put, agent):
    for name in ("one", "two"):
        queue.quotas.create(name)
    jobs = [put("a", ("one",)), put("b", ("two",))]
    agent.claim_jobs(2)
    transaction.commit()
    agent.give_back_all()
    transaction.commit()
    jobs[0].quota_names, jobs[1].quota_names = ("two",), ("one",)
    transaction.commit()
    agent.claim_jobs(2)
    assert sorted(names(agent)) == ["a", "b"]


def test_a_job_past_its_limit_is_handed_out_though_its_quota_is_full(queue, put, agent, stopped_clock):
    queue.quotas.create("one")
    put("holder", ("one",))
    late = put("late", ("one",), begin_by=timedelta(seconds=5))
    put("waiting", ("one",))
    agent.claim_jobs(3)
    transaction.commit()
    stopped_clock.advance(seconds=6)
    queue.dispatchers.ping(FIRST)
    agent.claim_jobs(3)
    assert list(agent)[1:] == [late]


# Withdrawing


def test_withdrawing_the_oldest_does_not_conflict_with_a_put(queue, put, visit):
    put("a")
    other = visit()
    other.queue.pull()
    put("b")
    other.commit()
    transaction.begin()
    assert names(queue) == ["b"]
    assert len(queue) == 1


def test_withdrawing_thousands_takes_no_age(queue):
    jobs = [queue.put(Job(str, number)) for number in range(2000)]
    transaction.commit()
    (shard,) = queue.shards.values()

    for job in jobs:
        queue.remove(job)
    transaction.commit()
    assert len(queue) == 0
    assert shard._withdrawn == ()


# Waking


def test_the_first_put_of_a_new_connection_wakes_though_there_are_many_shards(queue, put, dispatch, monkeypatch):
    slots = [f"slot {number:02}" for number in range(80)]
    for slot in slots[::2]:
        queue.shards[slot] = Shard()
    transaction.commit()
    one = dispatch(poll_interval=3600)
    wait_until(lambda: one.last_poll, 5, lambda: "no poll")
    monkeypatch.setattr("zc.async_.queue.shard_name", lambda connection: slots.pop())
    for number in range(20):
        assert wait_for_result(put(number), 2) == str(number)
        slots.pop()


def count_passes(one, monkeypatch, seconds=0.4):
    passes = []
    act = one._pass

    def count(now):
        passes.append(now)
        return act(now)

    monkeypatch.setattr(one, "_pass", count)
    time.sleep(seconds)
    return len(passes)


def test_a_due_job_that_may_not_start_does_not_keep_the_dispatcher_busy(
    queue, put, dispatch, stopped_clock, monkeypatch
):
    job = put("a", begin_after=stopped_clock.time + timedelta(seconds=1))
    into_lanes(queue)
    queue.paused = True
    transaction.commit()
    stopped_clock.advance(seconds=2)
    one = dispatch(poll_interval=3600)
    wait_until(lambda: one.last_poll, 5, lambda: "no poll")
    assert count_passes(one, monkeypatch) < 5
    queue.paused = False
    transaction.commit()
    assert wait_for_result(job) == "a"


def test_a_due_job_does_not_keep_the_dispatcher_busy_while_the_server_is_away(
    queue, put, dispatch, stopped_clock, monkeypatch
):
    put("a", begin_after=stopped_clock.time + timedelta(seconds=1))
    one = dispatch(poll_interval=3600)
    wait_until(lambda: one._next_due, 5, lambda: "no due time seen")

    def away(now):
        raise ClientDisconnected

    monkeypatch.setattr(one._heartbeat, "step", lambda connection, now: away(now))
    stopped_clock.advance(seconds=2)
    one.wake()
    assert count_passes(one, monkeypatch) < 15


class SlowInstances(list):
    """The connections that are told of a commit, the dispatcher's waker first, the others after a while."""

    def __iter__(self):
        for instance in sorted(super().__iter__(), key=lambda one: not isinstance(one, ToldEar)):
            yield instance
            if isinstance(instance, ToldEar):
                time.sleep(0.2)

    add = list.append

    def discard(self, instance):
        if instance in self:
            self.remove(instance)


class ZeoLike(FileStorage):
    """Like a ZEO client, tells of the last transaction without waiting for one that is being told of."""

    def lastTransaction(self):
        return self._ltid


def test_a_dispatcher_that_is_told_before_its_connection_does_not_look_too_early(tmp_path, dispatch, db):
    opened = ZODB.DB(ZeoLike(str(tmp_path / "Other.fs")))
    queue_installer(DatabaseOpened(opened))
    opened._mvcc_storage._instances = SlowInstances(opened._mvcc_storage._instances)
    addAgent()
    one = Dispatcher(opened, poll_interval=3600, uuid=uuid.uuid4())
    one.activate()
    wait_until(lambda: one.last_poll, 5, lambda: "no poll")
    manager = transaction.TransactionManager()
    connection = opened.open(manager)
    jobs = []
    for number in range(3):
        with manager:
            jobs.append(connection.root()[KEY][""].put(Job(str, number)))
        assert wait_for_result(jobs[-1]) == str(number)
    one.deactivate()
    connection.close()
    opened.close()


def addAgent():
    zope.component.provideHandler(AgentInstaller("main"), [IDispatcherActivated])


# A commit whose outcome is unknown


def lose_connection_after(commit, times=1):
    """A commit that succeeds on the server, which the client never learns."""
    left = [times]

    def commit_and_lose():
        commit()
        if left[0]:
            left[0] -= 1
            raise ClientDisconnected

    return commit_and_lose


def test_jobs_claimed_in_a_commit_of_unknown_outcome_are_run(queue, put, dispatch, monkeypatch):
    one = dispatch(activate=False)
    one.poll()
    job = put("a")
    monkeypatch.setattr(one._transactions, "commit", lose_connection_after(one._transactions.commit))
    with pytest.raises(ClientDisconnected):
        one.poll()
    one.poll()
    assert wait_for_result(job) == "a"
    assert job.interruptions == 0


def test_a_dispatcher_knows_its_own_return_though_the_commit_seemed_to_fail(queue, put, dispatch, monkeypatch, log):
    one = dispatch(activate=False)
    one.poll()
    transaction.begin()
    queue.dispatchers[one.UUID].deactivate()
    transaction.commit()
    monkeypatch.setattr(one._transactions, "commit", lose_connection_after(one._transactions.commit))
    with pytest.raises(ClientDisconnected):
        one.poll()
    one.poll()
    job = put("a")
    one.poll()
    assert wait_for_result(job) == "a"


def test_a_dispatcher_ends_though_the_server_is_away(queue, dispatch, monkeypatch, log):
    one = dispatch()
    wait_until(lambda: one.last_poll, 5, lambda: "no poll")
    attempts = []

    def away(connection):
        attempts.append(connection)
        if len(attempts) < 5:
            raise ClientDisconnected

    monkeypatch.setattr(one._heartbeat, "end", away)
    one.deactivate()
    assert len(attempts) == 1
    assert "without the database server" in log.text


# Ending


def test_a_dispatcher_ends_though_its_queue_was_removed(connection, queue, put, dispatch, release, wait_for_arrival):
    queue.parent["other"] = other = Queue()
    transaction.commit()
    one = dispatch(size=1)
    other.put(Job(sample_jobs.hold, "held"))
    transaction.commit()
    wait_for_arrival("held")
    transaction.begin()
    del queue.parent["other"]
    transaction.commit()
    release("held")
    assert one.deactivate(5) is True
    assert one.activated is None


def test_of_two_who_end_a_dispatcher_one_is_refused(queue, put, dispatch, release, wait_for_arrival):
    one = dispatch()
    job = Job(sample_jobs.hold, "held")
    queue.put(job)
    transaction.commit()
    wait_for_arrival("held")
    first = threading.Thread(target=one.deactivate, args=(5,))
    first.start()
    wait_until(one.stopping.is_set, 5, lambda: "not stopping")
    with pytest.raises(ValueError, match="not activated"):
        one.deactivate(0.1)
    release("held")
    first.join()
    assert one.activated is None


def test_a_dispatch_thread_that_hangs_keeps_its_connection(queue, dispatch, monkeypatch, log):
    one = dispatch()
    wait_until(lambda: one.last_poll, 5, lambda: "no poll")
    hangs, go_on = threading.Event(), threading.Event()
    step = one._heartbeat.step

    def hang(connection, now):
        hangs.set()
        go_on.wait(10)
        return step(connection, now)

    monkeypatch.setattr(one._heartbeat, "step", hang)
    one.wake()
    hangs.wait(5)
    pools = list(one.queues[""].values())
    assert one.deactivate(0.1) is False
    assert "hangs in the database" in log.text
    with pytest.raises(ValueError, match="still ending"):
        one.activate()
    go_on.set()
    one._dispatch_thread.join(5)
    assert not one._dispatch_thread.is_alive()
    assert all(pool.join(lambda: 5) for pool in pools)


# Signs of life


def test_a_ping_after_the_clock_was_set_back(queue, agent, stopped_clock):
    queue.dispatchers.ping(FIRST)
    stopped_clock.advance(hours=-1)
    queue.dispatchers.ping(FIRST)
    assert agent.parent.last_ping.value == stopped_clock.time


def test_a_dispatcher_that_awakes_while_it_is_declared_dead_conflicts(queue, register, visit, stopped_clock):
    sleeper = register(FIRST)
    register(SECOND)
    other = visit()
    stopped_clock.advance(seconds=61)
    queue.dispatchers.ping(FIRST)
    other.queue.dispatchers.ping(SECOND)
    transaction.commit()
    assert other.conflicts()
    other.queue.dispatchers.ping(SECOND)
    other.commit()
    transaction.begin()
    assert sleeper.parent.activated is not None


# Jobs


def commit_then_mark(name):
    """A job with a checkpoint of its own, on which it is held."""
    sample_jobs.hold(name)
    transaction.commit()
    return sample_jobs.mark(name)


def test_a_job_that_was_taken_away_leaves_no_trace_after_its_own_checkpoint(queue, dispatch, release, wait_for_arrival):
    one = dispatch(size=1)
    job = Job(commit_then_mark, "trace")
    queue.put(job)
    transaction.commit()
    wait_for_arrival("trace")
    queue.dispatchers[one.UUID].deactivate()
    queue.remove(job)
    transaction.commit()
    release("trace")
    one.deactivate(5)
    transaction.begin()
    assert "trace" not in job._p_jar.root()
    assert job.status == NEW


# Growth


def test_shards_of_those_who_are_gone_are_dropped(queue, put):
    put("a")
    (name,) = queue.shards.keys()
    queue.shards["gone"] = Shard()
    transaction.commit()
    drop_unused(queue.shards, clock.now() - timedelta(days=1))
    assert sorted(queue.shards) == sorted([name, "gone"])
    drop_unused(queue.shards, clock.now() + timedelta(days=1))
    assert list(queue.shards) == [name]


def test_dropping_a_shard_conflicts_with_a_put_into_it(queue, put, agent, visit):
    put("a")
    agent.claim_jobs(1)
    transaction.commit()
    other = visit()
    drop_unused(other.queue.shards, clock.now() + timedelta(days=1))
    put("b")
    assert other.conflicts()
    transaction.begin()
    assert names(queue) == ["b"]


class BadManager:
    """Joins a transaction and cannot even be rolled back."""

    def sortKey(self):
        return "bad"

    def abort(self, transaction):
        raise RuntimeError("cannot roll back")

    tpc_begin = commit = tpc_vote = tpc_finish = tpc_abort = abort


def join_bad_manager(name):
    if sample_jobs.ATTEMPTS.setdefault(name, 0) < 1:
        sample_jobs.ATTEMPTS[name] += 1
        transaction.get().join(BadManager())
        raise ValueError(name)
    return name


def test_a_roll_back_that_fails_does_not_end_the_thread(queue, dispatch, log):
    dispatch(size=1)
    for name in "ab":
        job = queue.put(Job(join_bad_manager, name))
        transaction.commit()
        wait_for_result(job)


def choose_by_pulling(agent):
    return agent.queue.pull() if len(agent.queue) else None


def test_a_chooser_may_pull(queue, put, dispatch):
    job = put("a")
    dispatch(chooser=choose_by_pulling)
    assert wait_for_result(job) == "a"


def test_a_job_whose_commit_had_an_unknown_outcome_runs_once_and_is_announced(
    queue, put, agent, visit, monkeypatch, log
):
    monkeypatch.setattr("zc.async_.patience.Patience.wait", lambda self, seconds=0: None)
    announced = []
    zope.component.provideHandler(lambda event: announced.append(event.object._p_oid), [IJobCompleted])
    job = queue.put(Job(sample_jobs.mark, "effect"))
    transaction.commit()
    (claim,), _ = agent.claim_jobs(1)
    transaction.commit()
    worker = visit()
    monkeypatch.setattr(worker.transactions, "commit", lose_connection_after(worker.transactions.commit))
    assert perform(worker.see(job), claim.key, OwnThread(worker.connection.db())) == "effect"
    assert announced == [job._p_oid]
    transaction.begin()
    assert job._p_jar.root()["effect"] == 1
    assert "reassigned" not in log.text


def put_and_return(queue, function):
    return queue.put(function)


def test_a_failure_whose_commit_had_an_unknown_outcome_is_told_of(queue, agent, visit, monkeypatch, log):
    monkeypatch.setattr("zc.async_.patience.Patience.wait", lambda self, seconds=0: None)
    announced = []
    zope.component.provideHandler(lambda event: announced.append(event.object._p_oid), [IJobCompleted])
    waiter = queue._p_jar.root()["in no queue"] = Job(put_and_return, queue, sample_jobs.fail)
    transaction.commit()
    waiter()
    (claim,), _ = agent.claim_jobs(1)
    transaction.commit()
    worker = visit()
    monkeypatch.setattr(worker.transactions, "commit", lose_connection_after(worker.transactions.commit))
    perform(worker.see(claim.job), claim.key, OwnThread(worker.connection.db()))
    transaction.begin()
    assert announced == [claim.job._p_oid, waiter._p_oid]
    assert waiter.result.check(ValueError)
    assert log.text.count("outcome=failed") == 2
    assert "reassigned" not in log.text


def test_failing_a_job_in_a_commit_of_unknown_outcome_is_told_of(queue, put, visit, monkeypatch, log):
    monkeypatch.setattr("zc.async_.patience.Patience.wait", lambda self, seconds=0: None)
    announced = []
    zope.component.provideHandler(lambda event: announced.append(event.object._p_oid), [IJobCompleted])
    job = put("a")
    other = visit()
    monkeypatch.setattr(other.transactions, "commit", lose_connection_after(other.transactions.commit))
    other.see(job).fail()
    assert (other.see(job).status, announced) == (COMPLETED, [job._p_oid])
    assert "reassigned" not in log.text


class PutOffOnce:
    """Puts a failed job off; may not be repeated when its worker vanished."""

    def __init__(self, job):
        self.job = job

    def jobError(self, failure, data_cache):
        return timedelta(seconds=30)

    commitError = jobError

    def interrupted(self):
        return False

    def updateData(self, data_cache):
        pass


def test_putting_a_job_off_is_repeated_after_a_conflict(queue, agent, visit, log):
    job = queue.put(Job(sample_jobs.fail), retry_policy_factory=PutOffOnce)
    transaction.commit()
    (claim,), _ = agent.claim_jobs(1)
    transaction.commit()
    worker = visit()
    commit, conflicts = worker.transactions.commit, [ConflictError()]

    def conflict_first():
        if conflicts:
            raise conflicts.pop()
        commit()

    worker.transactions.commit = conflict_first
    assert perform(worker.see(job), claim.key, OwnThread(worker.connection.db())) is worker.see(job)
    transaction.begin()
    assert (job.status, len(queue), job.interruptions) == (PENDING, 1, 0)
    assert job.begin_after > clock.now()


def test_putting_a_job_off_in_a_commit_of_unknown_outcome_is_told_of(queue, agent, visit, monkeypatch, log):
    monkeypatch.setattr("zc.async_.patience.Patience.wait", lambda self, seconds=0: None)
    job = queue.put(Job(sample_jobs.fail), retry_policy_factory=PutOffOnce)
    transaction.commit()
    (claim,), _ = agent.claim_jobs(1)
    transaction.commit()
    worker = visit()
    monkeypatch.setattr(worker.transactions, "commit", lose_connection_after(worker.transactions.commit))
    assert perform(worker.see(job), claim.key, OwnThread(worker.connection.db())) is worker.see(job)
    transaction.begin()
    assert (job.status, job.interruptions) == (PENDING, 0)
    assert log.text.count("outcome=put-off") == 1
    assert "reassigned" not in log.text


def test_failing_a_waiting_job_takes_it_out_though_that_conflicts_first(queue, put, visit):
    put("first")
    job = put("a")
    other = visit()
    own = other.see(job)
    assert own.status == PENDING
    put("b")
    own.fail()
    transaction.begin()
    assert (job.status, names(queue), len(queue)) == (COMPLETED, ["first", "b"], 2)


def test_effects_are_not_doubled_when_the_commit_that_leads_to_callbacks_lost_its_answer(
    queue, agent, visit, monkeypatch
):
    monkeypatch.setattr("zc.async_.patience.Patience.wait", lambda self, seconds=0: None)
    job = Job(sample_jobs.mark, "effect")
    callback = job.addCallback(str)
    queue.put(job)
    transaction.commit()
    (claim,), _ = agent.claim_jobs(1)
    transaction.commit()
    worker = visit()
    monkeypatch.setattr(worker.transactions, "commit", lose_connection_after(worker.transactions.commit))
    perform(worker.see(job), claim.key, OwnThread(worker.connection.db()))
    transaction.begin()
    assert (job.status, callback.result) == (COMPLETED, "effect")
    assert job._p_jar.root()["effect"] == 1
