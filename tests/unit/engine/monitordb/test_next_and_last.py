"""The job that is claimed next, and the one that was completed last."""

from datetime import timedelta

import pytest
import sample_jobs
import transaction
from agents_by_hand import start
from agents_by_hand import work
from asking import ask
from asking import asks

from zc.async_.job import Job
from zc.async_.monitordb import asyncdb


def limited(name):
    """A job that must not run together with others like it."""
    job = Job(str, name)
    job.quota_names = ("mail",)
    return job


def test_M46_nextpending_is_what_is_claimed_next(agent, queue, put, stopped_clock):
    queue.quotas.create("mail")
    put(str, "tomorrow", begin_after=stopped_clock() + timedelta(days=1))
    put(limited("first")), put(limited("second"))
    assert asks("nextpending")["args"] == ["'first'"]
    assert start(agent).args == ["first"]
    put(str, "third")
    assert asks("nextpending")["args"] == ["'third'"], "the second has to wait for the first"
    assert start(agent).args == ["third"]
    assert asks("nextpending")["args"] == ["'second'"], "none may start now: the first in line"
    assert asks("nextpending requested_start:since0S")["args"] == ["'tomorrow'"]
    assert asks("nextpending callable:mark") is None


def test_M46_nextpending_of_several_queues(queue, other, stopped_clock):
    for number, each in enumerate((queue, other, queue)):
        each.put(Job(sample_jobs.add, number))
        stopped_clock.advance(seconds=1)
    transaction.commit()
    assert asks("nextpending")["args"] == ["0"]
    assert asks("nextpending queue:other")["args"] == ["1"]
    queue.paused = True
    transaction.commit()
    assert asks("nextpending")["args"] == ["1"]


@pytest.mark.parametrize("name", ["start", "end", "callbacks_completed"])
def test_M46_nextpending_rejects_times_that_have_not_come(connection, name):
    with pytest.raises(ValueError, match=f"unsupported filters: {name}"):
        asks(f"nextpending {name}:since1H queue:")


def test_M47_lastcompleted(agent, put, stopped_clock):
    for name in ("old", "new"):
        stopped_clock.advance(seconds=10)
        put(str, name)
        work(agent)
    stopped_clock.advance(seconds=2)
    assert asks("lastcompleted")["args"] == ["'new'"]
    assert asks("lastcompleted end:before5S")["args"] == ["'old'"]
    assert ask(asyncdb, "lastcompleted", "callable:nothing_like_it") == "null\n"
