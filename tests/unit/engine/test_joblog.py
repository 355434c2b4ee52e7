"""What is logged while a job runs is kept with it."""

import logging
import threading
from datetime import timedelta

import pytest

from zc.async_ import local
from zc.async_.job import Job
from zc.async_.joblog import KEPT
from zc.async_.joblog import LONGEST
from zc.async_.joblog import Recorder
from zc.async_.retry import RetryWithBackoff
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_until


logger = logging.getLogger("my.addon")


class CannotBeShown:
    def __str__(self):
        raise RuntimeError("no")


def log_and_return():
    logger.warning("%d of %d done", 1, 2)
    return 42


def log_and_fail():
    try:
        raise LookupError("no such page")
    except LookupError:
        logger.exception("Page skipped")
    raise ValueError("too bad")


def log_much():
    for number in range(KEPT + 5):
        logger.warning("%d %s", number, "x" * 1000)


def log_in_another_thread():
    thread = threading.Thread(target=logger.warning, args=("from elsewhere",))
    thread.start()
    thread.join()


def log_as_callback(result):
    logger.warning("callback got %s", result)


def log_and_need_another_attempt():
    attempts = len(local.getJob().log) + 1
    logger.warning("attempt %d", attempts)
    if attempts == 1:
        raise ValueError("not yet")


def texts(job):
    return [line.text for line in job.log]


@pytest.fixture
def run(put, dispatch):
    def run(item):
        job = put(item)
        dispatch()
        wait_for_result(job)
        return job

    return run


def test_what_a_job_logs_is_kept_with_it(run):
    job = run(log_and_return)
    (line,) = job.log
    assert (line.level, line.logger, line.text) == (logging.WARNING, "my.addon", "1 of 2 done")
    assert line.time.utcoffset() is not None


def test_the_log_of_a_failed_job_shows_its_exceptions(run):
    assert texts(run(log_and_fail)) == ["Page skipped (LookupError: no such page)"]


def test_only_the_last_lines_are_kept_and_long_ones_are_cut(run):
    log = texts(run(log_much))
    assert (len(log), log[0][:2], log[-1][:3]) == (KEPT, "5 ", "54 ")
    assert {len(text) for text in log} == {LONGEST + len("[...]")}


def test_a_record_that_cannot_be_shown_harms_nobody(monkeypatch):
    monkeypatch.setattr(logging, "raiseExceptions", False)
    recorder = Recorder()
    recorder.handle(logging.LogRecord("my.addon", logging.WARNING, __file__, 1, "%s", (CannotBeShown(),), None))
    assert recorder.lines == ()


def test_other_threads_are_not_listened_to(run):
    assert texts(run(log_in_another_thread)) == []


def test_a_callback_has_a_log_of_its_own(run):
    job = Job(log_and_return)
    callback = job.addCallback(log_as_callback)
    run(job)
    assert (texts(job), texts(callback)) == (["1 of 2 done"], ["callback got 42"])


def test_attempts_go_on_with_the_log(run):
    job = Job(log_and_need_another_attempt)
    job.retry_policy_factory = RetryWithBackoff(first=timedelta())
    run(job)
    assert texts(job) == ["attempt 1", "attempt 2"]


def test_nothing_listens_afterwards(run):
    run(log_and_return)
    handlers = logging.getLogger().handlers
    wait_until(lambda: not any(isinstance(each, Recorder) for each in handlers), 5, lambda: f"{handlers} listen")
