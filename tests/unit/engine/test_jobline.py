"""The line that each outcome of a job leaves in the log."""

import json
import logging
import re
from datetime import timedelta
from pathlib import Path

import pytest
import sample_jobs
import transaction
from ZODB.utils import u64

from zc.async_ import local
from zc.async_.cancel import failure
from zc.async_.interfaces import COMPLETED
from zc.async_.job import Job
from zc.async_.jobline import quoted
from zc.async_.retry import RetryWithBackoff
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_until


REFERENCE = Path(__file__).parents[3] / "docs/reference/log.rst"
PAIR = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S+)')
HOSTILE = 'x"\n2026-01-01 ERROR [root] id=1 outcome=failed\x1b[31m\u2028'


class Told(Job):
    """A job that knows where and for whom it runs."""

    words = ()

    @property
    def surroundings(self):
        return dict(self.words)


class Untellable(Job):
    @property
    def surroundings(self):
        raise LookupError("no idea")


def parsed(line):
    return {name: json.loads(word) if word.startswith('"') else word for name, word in PAIR.findall(line)}


@pytest.fixture
def told(caplog):
    """What the lines so far say, oldest first."""
    caplog.set_level(logging.INFO, logger="zc.async.jobs")
    return lambda: [parsed(r.getMessage()) for r in caplog.records if r.name == "zc.async.jobs"]


@pytest.fixture
def wait_for_line(told):
    def wait(job):
        number = str(u64(job._p_oid))

        def found():
            return [line for line in told() if line["id"] == number]

        return wait_until(found, 6, lambda: f"no line of {number} in {told()}")

    return wait


def test_a_success(put, dispatch, wait_for_line):
    dispatch()
    job = put(sample_jobs.add, 40)
    (line,) = wait_for_line(job)
    waited, ran = float(line.pop("waited")), float(line.pop("ran"))
    assert (waited >= 0, ran >= 0) == (True, True)
    assert line == {
        "id": str(u64(job._p_oid)),
        "outcome": "succeeded",
        "db": "unnamed",
        "callable": "sample_jobs.add",
        "queue": "",
        "agent": "main",
    }


def test_a_failure_names_the_error_but_not_its_text(put, dispatch, wait_for_line, caplog):
    dispatch()
    (line,) = wait_for_line(put(sample_jobs.fail, "secret text"))
    assert (line["outcome"], line["error"]) == ("failed", "ValueError")
    assert not [r for r in caplog.records if r.name == "zc.async.jobs" and "secret text" in r.getMessage()]


def test_a_job_that_is_cancelled_while_it_runs(put, dispatch, wait_for_line, wait_for_arrival):
    dispatch()
    job = put(sample_jobs.until_cancelled, "held")
    wait_for_arrival("held")
    job.cancel("enough")
    transaction.commit()
    (line,) = wait_for_line(job)
    assert line["outcome"] == "cancelled"


def test_a_job_that_is_cancelled_before_it_runs_is_told_of_when_that_is_committed(put, told):
    job = put(sample_jobs.add, 1)
    job.cancel("not needed")
    assert told() == []
    transaction.commit()
    (line,) = told()
    assert (line["id"], line["outcome"], "ran" in line) == (str(u64(job._p_oid)), "cancelled", False)


def test_a_cancellation_that_is_not_committed_is_not_told(put, told):
    put(sample_jobs.add, 1).cancel()
    transaction.abort()
    assert told() == []


def test_a_job_that_is_put_off_has_a_line_for_each_run(put, dispatch, wait_for_line):
    job = Job(fail_at_first)
    job.retry_policy_factory = RetryWithBackoff(first=timedelta())
    put(job)
    dispatch()
    wait_for_result(job)
    wait_until(lambda: len(wait_for_line(job)) > 1, 6, lambda: "only one line")
    first, second = wait_for_line(job)
    assert (first["outcome"], second["outcome"]) == ("put-off", "succeeded")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", first["until"])
    assert {"waited", "ran"} < set(first)


def fail_at_first():
    if not local.getJob().log:
        logging.getLogger("my.addon").warning("not yet")
        raise ValueError("not yet")


def test_a_callback_has_its_own_line_and_says_whose_it_is(put, dispatch, wait_for_line):
    job = Told(sample_jobs.add, 40)
    job.words = (("site", "/Plone"), ("user", "jane"))
    callback = job.addCallback(sample_jobs.add)
    put(job)
    dispatch()
    (line,) = wait_for_line(callback)
    assert (line["callback_of"], line["outcome"]) == (str(u64(job._p_oid)), "succeeded")
    assert (line["site"], line["user"]) == ("/Plone", "jane")
    (line,) = wait_for_line(job)
    assert "callback_of" not in line


def test_a_job_that_could_not_begin_in_time(put, dispatch, stopped_clock, wait_for_line):
    job = put(sample_jobs.add, 1, begin_by=timedelta(minutes=1))
    stopped_clock.advance(minutes=2)
    dispatch()
    (line,) = wait_for_line(job)
    assert (line["outcome"], line["error"], line["waited"]) == ("failed", "TimeoutError", "120.000")


def test_nobody_can_begin_a_line_of_his_own(put, dispatch, wait_for_line, caplog):
    job = Told(sample_jobs.add, 1)
    job.words = (("site", HOSTILE), ("user", "a b"))
    put(job)
    dispatch()
    (line,) = wait_for_line(job)
    assert (line["site"], line["user"]) == (HOSTILE, "a b")
    assert line["outcome"] == "succeeded"
    (record,) = [r for r in caplog.records if r.name == "zc.async.jobs"]
    assert record.getMessage().isascii()
    assert record.getMessage().isprintable()


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("shop.bill", "shop.bill"),
        ("", '""'),
        ("a=b", '"a=b"'),
        ("é", r'"\u00e9"'),
        ("\ud800", r'"\ud800"'),
        ("partial(f, password='x')", '"partial(f, password=\\u2022\\u2022\\u2022\\u2022)"'),
    ],
)
def test_words_are_plain_or_json(word, shown):
    assert quoted(word) == shown


def test_long_words_are_cut():
    assert len(json.loads(quoted("x " * 1000))) == 201


def test_a_job_that_cannot_tell_is_not_harmed(put, dispatch, wait_for_line):
    job = Untellable(sample_jobs.add, 40)
    put(job)
    dispatch()
    (line,) = wait_for_line(job)
    assert line["surroundings"] == "LookupError"
    transaction.begin()
    assert (job.status, job.result) == (COMPLETED, 42)


def test_a_handler_that_fails_does_not_harm_the_job(put, dispatch, capsys):
    class Broken(logging.Handler):
        def emit(self, record):
            self.handleError(record)

    handler, logger = Broken(), logging.getLogger("zc.async.jobs")
    logger.addHandler(handler)
    try:
        dispatch()
        assert wait_for_result(put(sample_jobs.add, 40)) == 42
    finally:
        logger.removeHandler(handler)


def test_a_failure_that_was_read_from_the_database_is_told_like_any(put, told):
    job = put(sample_jobs.add, 1)
    job.fail(failure("enough").value)
    (line,) = told()
    assert (line["outcome"], line["error"]) == ("cancelled", "JobCancelled")


CLOCKS = []


def take_three_seconds():
    CLOCKS[0].advance(seconds=3)


def test_waiting_and_running_are_measured(put, dispatch, stopped_clock, wait_for_line):
    CLOCKS[:] = [stopped_clock]
    job = put(take_three_seconds)
    stopped_clock.advance(seconds=7)
    dispatch()
    (line,) = wait_for_line(job)
    assert (line["waited"], line["ran"]) == ("7.000", "3.000")


def test_the_reference_explains_the_words_of_its_examples_and_of_real_lines(put, dispatch, wait_for_line):
    page = REFERENCE.read_text("utf-8")
    explained = {"id", "outcome", *re.findall(r"``(\w+)``", " ".join(re.findall(r"(?m)^``.*``$", page)))}
    examples = [parsed(line) for line in re.findall(r"(?m)^   (id=\d+ .*)$", page)]
    assert [line["outcome"] for line in examples] == ["succeeded", "failed", "put-off"]
    dispatch()
    for line in (*examples, *wait_for_line(put(sample_jobs.fail))):
        assert set(line) <= explained
