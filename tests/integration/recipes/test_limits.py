"""Quotas, and workers of two kinds."""

import pytest
import transaction
from recipes import heavy
from recipes.limits import make_thumbnails
from recipes.limits import queue_in_own_quota
from recipes.limits import send_thumbnails
from zope.event import notify

from plone.app.async_.interfaces import QueueReady
from zc.async_.interfaces import UnknownQuota


@pytest.fixture
def queue(site, service):
    """The queue, as it is once a worker has begun to work on it."""
    queue = service.getQueues()[""]
    notify(QueueReady(queue))
    return queue


def test_the_quotas_are_made_once(queue):
    queue.quotas["thumbnails"].size = 8
    notify(QueueReady(queue))
    assert {name: quota.size for name, quota in queue.quotas.items()} == {
        "default": 1,
        "heavy": 2,
        "search engine": 1,
        "thumbnails": 8,
    }


def test_jobs_are_of_these_quotas(queue, folder):
    assert make_thumbnails.delay(folder).quota_names == ("thumbnails",)
    assert send_thumbnails.delay(folder).quota_names == ("thumbnails", "search engine")


def test_they_must_be_there(folder, service):
    service.getQueues()
    with pytest.raises(UnknownQuota):
        make_thumbnails.delay(folder)


def test_a_site_has_a_quota_of_its_own(queue, folder):
    jobs = [queue_in_own_quota(make_thumbnails, folder) for _ in range(2)]
    assert {job.quota_names for job in jobs} == {("site plone",)}
    assert queue.quotas["site plone"].size == 1


@pytest.mark.parametrize(
    ("handler", "size", "taken"),
    [(heavy.take_heavy_jobs, 2, ["convert"]), (heavy.take_light_jobs, 5, ["make_thumbnails"])],
)
def test_a_worker_takes_its_kind_of_jobs(handler, size, taken, queue, folder, worker):
    class Event:
        object = queue.dispatchers[worker.UUID]

    handler(Event)
    agent = Event.object["main"]
    assert agent.size == size
    jobs = [heavy.convert.delay(folder), make_thumbnails.delay(folder)]
    assert [job.title.split(" ")[0].rpartition(".")[2] for job in jobs if agent.filter(job)] == taken
    transaction.abort()
