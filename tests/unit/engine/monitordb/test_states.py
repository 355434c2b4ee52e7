"""Which states there are, and in which order jobs are listed."""

import re

import pytest
import sample_jobs
import transaction
from agents_by_hand import delegate
from agents_by_hand import hand_out
from agents_by_hand import hire
from agents_by_hand import start
from agents_by_hand import work
from asking import asks
from asking import ids

from zc.async_.job import Job
from zc.async_.workflow import serial


@pytest.mark.parametrize("state", ["succeeded", "failed", "callbacks", "active", "assigned", "pending"])
def test_M34_jobs_in_a_state(all_states, state):
    assert asks(f"jobs {state}") == ids(all_states[state])
    assert asks(f"count {state}") == 1


def test_M34_several_states(all_states):
    at_work = [all_states["active"], all_states["callbacks"], all_states["assigned"]]
    assert sorted(asks("jobs active callbacks assigned")) == sorted(ids(*at_work))
    assert asks("count assigned pending completed") == 4
    assert asks("count completed") == 2


STATES = '"active", "assigned", "callbacks", "completed", "failed", "pending", "succeeded"'


@pytest.mark.parametrize("tool", ["jobs", "count", "jobstats"])
@pytest.mark.parametrize(
    ("states", "complaint"),
    [
        ("", f"provide at least one state: {STATES}"),
        ("pending done new", f'unknown state "done", "new"; the states are {STATES}'),
        ("failed completed", 'can only include zero or one of "completed", "succeeded," or "failed" states.'),
    ],
)
def test_M34_states_without_a_meaning(tool, states, complaint):
    with pytest.raises(ValueError) as caught:
        asks(f"{tool} {states}")
    assert str(caught.value) == complaint


def test_a_job_that_waits_for_another_is_active(agent, put):
    batch = put(serial(Job(sample_jobs.add, 1), Job(sample_jobs.add, 2)))
    work(agent)
    assert asks("jobs active") == asks("jobs active queue:") == ids(batch)
    assert asks("jobs active agent:main") == []


def test_who_waits_for_a_job_of_another_queue_is_in_his_own(agent, other, put):
    waiting = put(delegate)
    work(agent)
    assert asks("jobs active") == asks("jobs active queue:") == ids(waiting)
    assert asks("jobs active queue:other") == []
    assert asks("jobs pending") == ids(other[0])


def test_a_job_that_was_cancelled_while_it_waited_has_ended(put):
    job = put(sample_jobs.add, 1)
    job.cancel()
    transaction.commit()
    assert asks("jobs failed") == ids(job)
    assert asks("count completed") == 1
    assert asks("count completed agent:*") == 0


def arguments(line):
    """The first argument of each job that is listed."""
    return [int(re.search(r"\((\d+)\)``", text)[1]) for text in asks(f"{line} display:repr")]


def test_M42_order(queue, other, stopped_clock):
    agents = {each: hire(each, name=name) for each, name in ((queue, "main"), (other, "mail"))}
    for number, happens in enumerate((work, work, hand_out, start, start)):
        each = (queue, other)[number % 2]
        each.put(Job(sample_jobs.add, number))
        transaction.commit()
        stopped_clock.advance(seconds=1)
        happens(agents[each])
    for number, (each, priority) in enumerate(((other, 0), (queue, 0), (other, 0), (queue, 5)), 5):
        job = Job(sample_jobs.add, number)
        job.priority = priority
        each.put(job)
        stopped_clock.advance(seconds=1)
    transaction.commit()
    # In its queue 8 comes before 6, which is older than 7 of the other; but 5 is older than 8.
    assert arguments("jobs pending") == [5, 7, 8, 6]
    assert arguments("jobs active assigned") == [3, 4, 2]
    assert arguments("jobs completed") == [1, 0]
    assert arguments("jobs completed assigned active pending") == [5, 7, 8, 6, 3, 4, 2, 1, 0]


def test_M39_count_limits_the_list(put):
    jobs = [put(sample_jobs.add, number) for number in range(5)]
    assert asks("jobs pending count:3") == ids(*jobs[:3])
    assert asks("jobs pending count:0") == asks("jobs pending count:9") == ids(*jobs)
    for count in ("-1", "x"):
        with pytest.raises(ValueError, match=f"count must be a number, not '{count}'"):
            asks(f"jobs pending count:{count}")


def test_completed_jobs_are_found_on_all_pages(agent, put, stopped_clock):
    for number in range(30):
        put(sample_jobs.add, number)
        work(agent, stopped_clock, seconds=60)
    assert arguments("jobs completed") == list(range(29, -1, -1))
    for name in ("start", "end", "callbacks_completed"):
        assert asks(f"count completed {name}:since10M30S") == asks(f"count succeeded {name}:since10M30S") == 10
        assert asks(f"count completed {name}:since20M30S,before10M30S") == 10
    assert asks("count completed") == asks("count completed agent:main") == 30
