"""Filters."""

import uuid

import pytest
import sample_jobs
import transaction
from agents_by_hand import ONE
from agents_by_hand import TWO
from agents_by_hand import breaks
from agents_by_hand import choose
from agents_by_hand import hire
from agents_by_hand import takes_odd
from agents_by_hand import work
from asking import asks
from asking import ids

from zc.async_ import instanceuuid
from zc.async_.job import Job


@pytest.mark.parametrize(
    ("pattern", "number"),
    [
        ("mark", 1),
        ("m*", 2),
        ("*jobs.mark*", 2),
        ("jobs.mark*", 0),
        ("mar", 0),
        ("Mark", 0),
        ("*.mark", 1),
        ("[mn]ar?", 1),
    ],
)
def test_M35_callable_with_a_dot_means_the_whole_name(put, pattern, number):
    put(sample_jobs.mark), put(sample_jobs.mark_and_fail)
    assert asks(f"count pending callable:{pattern}") == number


def test_M35_callable_of_functions_and_methods(connection, put):
    connection.root()["counter"] = counter = sample_jobs.Counter()
    transaction.commit()
    function, method = put(sample_jobs.add, 1), put(counter.increase)
    assert asks("jobs pending callable:add") == asks("jobs pending callable:sample_jobs.a*") == ids(function)
    assert asks("jobs pending callable:increase") == asks("jobs pending callable:*.Counter.incr*") == ids(method)


@pytest.mark.parametrize(
    ("name", "between"), [("requested_start", "3M"), ("start", "2M"), ("end", "2M"), ("callbacks_completed", "2M")]
)
def test_K62_M36_times_of_jobs(agent, put, stopped_clock, name, between):
    for _ in range(2):
        put(sample_jobs.add, 1)
        stopped_clock.advance(minutes=1)
        work(agent, stopped_clock, seconds=60)
    # They were put 4 and 2 minutes ago, and begun and done 3 minutes and 1 minute ago.
    periods = [f"since{between}", f"before{between}", f"since1H,before{between}", "before1H"]
    assert [asks(f"count completed {name}:{period}") for period in periods] == [1, 1, 1, 0]


ENDED = {"succeeded", "failed"}


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("requested_start", {"pending", "assigned", "active", "callbacks", *ENDED}),
        ("start", {"active", "callbacks", *ENDED}),
        ("end", {"callbacks", *ENDED}),
        ("callbacks_completed", ENDED),
    ],
)
def test_M36_M37_jobs_that_lack_a_time_never_match(all_states, stopped_clock, name, states):
    stopped_clock.advance(seconds=1)
    told = asks(f"jobstats pending assigned active callbacks completed {name}:before0S")
    assert {state for state in all_states if told[state] == 1} == states


@pytest.mark.parametrize(
    "words", ["start:since5", "end:until1H", "callbacks_completed:since1H,since2H", "requested_start:"]
)
def test_M36_a_filter_is_validated_whatever_jobs_there_are(connection, words):
    with pytest.raises(ValueError):
        asks(f"jobs pending {words}")


@pytest.mark.parametrize("tool", ["jobs pending", "count pending", "jobstats pending", "nextpending", "lastcompleted"])
def test_an_unknown_filter_is_a_type_error(connection, tool):
    with pytest.raises(TypeError, match="color"):
        asks(f"{tool} color:red")


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("queue:", 2),
        ("queue:oth*", 2),
        ("agent:ma*", 4),
        ("agent:mail", 2),
        ("queue:other agent:main", 1),
        ('queue:"no such queue"', 0),
    ],
)
def test_queue_and_agent_are_patterns(queue, other, words, number):
    for each in (queue, other):
        for name in ("main", "mail"):
            each.put(Job(sample_jobs.add, 1))
            work(hire(each, name=name))
    assert asks(f"count completed {words}") == number


def test_K63_M41_uuid(queue, put):
    for uid in (ONE, instanceuuid.current()):
        put(sample_jobs.add, 1)
        work(hire(queue, uid))
    words = [ONE, ONE.hex, f"{ONE}"[:9] + "*", "THIS", TWO, "*", "?"]
    assert [asks(f"count completed uuid:{word}") for word in words] == [1, 1, 1, 1, 0, 2, 0]
    with pytest.raises(ValueError, match=r"uuid must be a UUID, a pattern such as 1f\*, or THIS, not 'this'"):
        asks("count completed uuid:this")


def test_M40_pending_jobs_that_an_agent_would_take(queue, other, put):
    hire(queue, ONE, filter=takes_odd)
    hire(queue, ONE, "broken", filter=breaks)
    hire(queue, TWO, "all")
    hire(other, TWO)
    one, two = put(sample_jobs.add, 1), put(sample_jobs.add, 2)
    assert asks("jobs pending agent:main") == asks(f"jobs pending uuid:{ONE}") == ids(one)
    assert asks(f"jobs pending uuid:{TWO}") == ids(one, two)
    assert asks(f"jobs pending uuid:{ONE} agent:all") == asks("jobs pending agent:broken") == []
    assert asks(f"count pending uuid:{uuid.UUID(int=3)}") == 0
    assert asks("nextpending agent:all")["args"] == ["1"]


@pytest.mark.parametrize("tool", ["jobs pending", "count pending", "nextpending"])
def test_M40_agents_with_a_chooser_cannot_be_asked(queue, tool):
    hire(queue, name="choosy", chooser=choose)
    hire(queue)
    with pytest.raises(ValueError, match="agent 'choosy' has a chooser"):
        asks(f"{tool} agent:choosy")
    assert not asks(f"{tool} agent:main")
    assert asks("count completed agent:choosy") == 0
