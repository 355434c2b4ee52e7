"""Jobs as data, and what calling one does."""

import logging
import operator
from datetime import datetime
from datetime import timedelta
from datetime import timezone

import pytest
import sample_jobs
import transaction
from twisted.python.failure import Failure
from zope.interface.verify import verifyObject

from zc.async_.interfaces import ACTIVE
from zc.async_.interfaces import COMPLETED
from zc.async_.interfaces import NEW
from zc.async_.interfaces import BadStatusError
from zc.async_.interfaces import IJob
from zc.async_.interfaces import TimeoutError
from zc.async_.interfaces import UnknownQuota
from zc.async_.job import Job


@pytest.fixture
def stored(connection):
    """Put a job into the database without queueing it."""

    def store(job):
        connection.root()["job"] = job
        transaction.commit()
        return job

    return store


def test_job_fulfils_its_interface():
    assert verifyObject(IJob, Job(sample_jobs.add, 1))


def test_E15_calling_a_committed_job_completes_it(stored):
    job = stored(Job(sample_jobs.add, 1, b=4))
    assert job.status == NEW
    assert job() == 5
    assert (job.status, job.result) == (COMPLETED, 5)


@pytest.mark.parametrize("name", ["status", "result"])
def test_E16_status_and_result_are_read_only(name):
    with pytest.raises(AttributeError):
        setattr(Job(sample_jobs.add), name, 1)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda root: Job(root["counter"].increase, 3), 3),
        (lambda root: Job(operator.mul, 2, 3), 6),
        (lambda root: Job("a b".split), ["a", "b"]),
        (lambda root: Job({"x": 1}.__getitem__, "x"), 1),
    ],
    ids=["method of a persistent object", "builtin function", "builtin method", "method wrapper"],
)
def test_E17_callables_survive_the_database(db, connection, stored, make, expected):
    connection.root()["counter"] = sample_jobs.Counter()
    transaction.commit()
    stored(make(connection.root()))
    other = db.open(transaction.TransactionManager())
    assert other.root()["job"]() == expected
    other.close()


def test_E18_arguments_can_be_changed_and_added(stored):
    job = stored(Job(sample_jobs.add, 1, b=4))
    job.args[0] = 10
    job.kwargs["b"] = 20
    assert job() == 30
    again = stored(Job(sample_jobs.add))
    assert again(1, b=1) == 2


def test_arguments_are_part_of_the_record(db, stored):
    job = stored(Job(sample_jobs.add))
    job.args.append(5)
    assert job._p_changed
    transaction.commit()
    other = db.open(transaction.TransactionManager())
    assert other.root()["job"].args == [5]
    other.close()


def test_E19_a_raising_job_leaves_no_trace_but_a_failure(connection, stored):
    job = stored(Job(sample_jobs.mark_and_fail, "spoiled"))
    result = job()
    assert isinstance(result, Failure)
    assert result.check(ValueError)
    assert result.tb is None
    assert "spoiled" not in connection.root()
    assert job.status == COMPLETED


def test_E21_a_job_is_called_once(stored):
    job = stored(Job(sample_jobs.add, 1))
    job()
    with pytest.raises(BadStatusError, match="can only call a job with NEW or ASSIGNED status"):
        job()


def test_E23_bind_passes_the_job(stored):
    job = stored(Job.bind(operator.attrgetter("status")))
    assert job() == ACTIVE


def test_E24_repr_names_class_oid_database_and_call(connection, stored):
    assert repr(Job(sample_jobs.add, 1, b=2)) == "<zc.async_.job.Job (oid ?, db ?) ``sample_jobs.add(1, b=2)``>"
    connection.root()["counter"] = counter = sample_jobs.Counter()
    transaction.commit()
    job = stored(Job(counter.increase, "x" * 1000))
    assert f"(oid {int.from_bytes(job._p_oid, 'big')}, db 'unnamed')" in repr(job)
    assert "sample_jobs.Counter (oid" in repr(job)
    assert ":increase('xx" in repr(job)
    assert len(repr(job)) < 500


def test_E25_terms_are_fixed_once_the_job_is_queued(queue):
    job = queue.put(Job(sample_jobs.add, 1))
    with pytest.raises(BadStatusError, match="can only set begin_after when a job has NEW status"):
        job.begin_after = datetime.now(timezone.utc)
    with pytest.raises(BadStatusError, match="can only set callable when a job has NEW status"):
        job.callable = operator.add


def test_E25_limits_are_fixed_once_the_job_is_over(stored):
    job = stored(Job(sample_jobs.add, 1))
    job()
    with pytest.raises(BadStatusError, match="can only set begin_by when a job has NEW or PENDING status"):
        job.begin_by = timedelta(1)
    with pytest.raises(BadStatusError, match="can only set quota_names when a job has NEW or PENDING status"):
        job.quota_names = ()


def test_E26_quota_names_are_a_tuple_of_known_names(queue):
    job = Job(sample_jobs.add, 1)
    with pytest.raises(TypeError, match="provide an iterable of names"):
        job.quota_names = "abc"
    job.quota_names = ["anything"]
    assert job.quota_names == ("anything",)
    job.quota_names = ()
    queue.put(job)
    with pytest.raises(UnknownQuota, match="anything"):
        job.quota_names = ["anything"]


def test_E27_begin_after_is_kept_in_utc():
    job = Job(sample_jobs.add, 1)
    with pytest.raises(ValueError, match="cannot use timezone-naive values"):
        job.begin_after = datetime(2026, 1, 1)
    job.begin_after = datetime(2026, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert job.begin_after == datetime(2026, 1, 1, 10, tzinfo=timezone.utc)
    assert job.begin_after.utcoffset() == timedelta()
    with pytest.raises(ValueError, match="negative values are not allowed"):
        job.begin_by = timedelta(-1)


def test_E28_there_is_no_limit_by_default(queue):
    job = queue.put(Job(sample_jobs.add, 1))
    assert job.begin_by is None


def test_E29_fail_ends_a_job(stored):
    job = stored(Job(sample_jobs.add, 1))
    job.fail()
    assert job.status == COMPLETED
    assert job.result.check(TimeoutError)
    with pytest.raises(BadStatusError, match="can only call fail"):
        job.fail()


def test_fail_takes_a_waiting_job_out_of_its_queue(queue):
    job = queue.put(Job(sample_jobs.add, 1))
    transaction.commit()
    job.fail(ValueError("not today"))
    assert job.result.getErrorMessage() == "not today"
    assert len(queue) == 0


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (sample_jobs.raise_holding_lock, "held by"),
        (sample_jobs.raise_unreadable, "sample_jobs.Unreadable: 1"),
        (sample_jobs.return_lambda, "the result cannot be stored in the database: sample_jobs.return_lambda"),
    ],
)
def test_E35_an_outcome_that_cannot_be_stored_is_a_failure_with_its_text(db, stored, function, text):
    stored(Job(function))()
    other = db.open(transaction.TransactionManager())
    result = other.root()["job"].result
    assert isinstance(result, Failure)
    assert text in result.getErrorMessage()
    other.close()


def test_E36_sys_exit_is_a_failure(stored):
    assert stored(Job(sample_jobs.exit_thread))().check(SystemExit)


def test_E57_five_attempts_on_conflicts(stored):
    job = stored(Job(sample_jobs.conflict_counted, "few", 4))
    assert job() == 5
    job = stored(Job(sample_jobs.conflict_counted, "many", 99))
    job()
    assert sample_jobs.ATTEMPTS.pop("many") == 5
    assert job.result.check("ZODB.POSException.ConflictError")


def test_E58_conflicts_of_job_and_commit_count_together(connection, stored):
    job = stored(Job(sample_jobs.conflict_at_commit, "mark", 4))
    assert job() == 5
    assert connection.root()["mark"] == 1


def test_K1_begin_by_does_not_forbid_retries(stored):
    job = Job(sample_jobs.conflict_counted, "limited", 2)
    job.begin_by = timedelta(hours=1)
    assert stored(job)() == 3


class Environment(Job):
    """Writes down what happens to it."""

    broken = False

    def setUp(self):
        events.append("setUp")
        if self.broken:
            raise ValueError("no environment")
        return "info"

    def tearDown(self, setup_info):
        events.append(("tearDown", setup_info))


events = []


@pytest.fixture
def journal():
    events.clear()
    return events


def test_E32_set_up_and_tear_down_belong_together(stored, journal):
    stored(Environment(sample_jobs.add, 1))()
    assert journal == ["setUp", ("tearDown", "info")]


def test_E32_each_attempt_is_torn_down_once(stored, journal):
    stored(Environment(sample_jobs.conflict_counted, "twice", 1))()
    assert journal == ["setUp", ("tearDown", "info")] * 2


def test_E32_a_failing_set_up_fails_the_job_and_is_torn_down(stored, journal):
    job = Environment(sample_jobs.add, 1)
    job.broken = True
    assert stored(job)().getErrorMessage() == "no environment"
    assert journal[:2] == ["setUp", ("tearDown", None)]
    assert journal.count("setUp") == len([event for event in journal if event != "setUp"])


class BadEnd(Job):
    """Cannot clean up."""

    def tearDown(self, setup_info):
        raise ValueError("left dirty")


def test_E33_a_failing_tear_down_changes_no_outcome(stored, log):
    job = stored(BadEnd(sample_jobs.add, 1))
    assert job() == 3
    assert (job.status, job.result) == (COMPLETED, 3)
    assert "left dirty" in log.text


def test_E38_outcomes_are_logged_at_their_levels(stored, log):
    stored(Job(sample_jobs.add, 1))()
    assert [(record.name, record.levelname) for record in log.records] == [("zc.async.trace", "INFO")]
    log.clear()
    job = Job(sample_jobs.fail, "quietly")
    job.failure_log_level = logging.INFO
    stored(job)()
    (record,) = [record for record in log.records if record.name == "zc.async.events"]
    assert (record.levelname, "quietly" in record.getMessage()) == ("INFO", True)
    log.clear()
    stored(Job(sample_jobs.fail, "loudly"))()
    assert [record.levelname for record in log.records if record.name == "zc.async.events"] == ["ERROR"]
