"""Quotas by themselves; how they limit claims is told in ``test_queue``."""

import pytest
import transaction
from zope.interface.verify import verifyObject

from zc.async_ import instanceuuid
from zc.async_.agent import Agent
from zc.async_.interfaces import IQuota
from zc.async_.interfaces import IQuotas
from zc.async_.job import Job


@pytest.fixture
def claimed(queue):
    """Jobs in the hands of an agent that name the quota; it was made anew since, and does not know of them."""
    record = queue.dispatchers.register(instanceuuid.current())
    record["main"] = agent = Agent(size=5)
    record.activate()
    queue.quotas.create("two", 3)
    jobs = [Job(str, number) for number in range(3)]
    for job in jobs:
        job.quota_names = ("two",)
        queue.put(job)
    transaction.commit()
    agent.claim_jobs(5, active=False)
    queue.quotas.remove("two")
    transaction.commit()
    return jobs


@pytest.fixture
def quota(queue, claimed):
    queue.quotas.create("two", 2)
    return queue.quotas["two"]


def test_they_fulfil_their_interfaces(queue, quota):
    assert verifyObject(IQuotas, queue.quotas)
    assert verifyObject(IQuota, quota)


def test_places_are_given_until_it_is_filled(quota, claimed):
    first, second, third = claimed
    quota.add(first)
    quota.add(first)
    assert (len(quota), quota.filled, bool(quota)) == (1, False, True)
    quota.add(second)
    assert (list(quota), quota[1], quota.filled) == ([first, second], second, True)
    assert first in quota and third not in quota
    with pytest.raises(ValueError, match="Quota is filled"):
        quota.add(third)


def test_it_takes_jobs_that_name_it_only(quota):
    with pytest.raises(ValueError, match="quota name must be in quota_names"):
        quota.add(Job(str))
    with pytest.raises(ValueError, match="must be IJob"):
        quota.add("job")


def test_a_job_that_has_ended_leaves_the_record_when_it_is_cleaned(quota, claimed):
    for job in claimed[:2]:
        quota.add(job)
    transaction.commit()
    claimed[0]()
    quota.clean()
    assert list(quota) == [claimed[1]]
    assert quota._p_changed
    transaction.commit()
    quota.clean()
    assert not quota._p_changed


def test_names_and_sizes_are_checked(queue, quota):
    with pytest.raises(ValueError, match="quota exists already"):
        queue.quotas.create("two")
    with pytest.raises(ValueError, match="at least 1"):
        queue.quotas.create("none", 0)
