"""A queue of one's own."""

import pytest
import transaction
from recipes.own_queue import make_queue
from recipes.own_queue import queue_export

from plone.app.async_.interfaces import UnknownQueue
from zc.async_.testing import wait_for_result


def test_workers_that_run_take_jobs_of_a_new_queue(service, folder, async_worker):
    make_queue()
    transaction.commit()
    job = queue_export(folder)
    transaction.commit()
    assert wait_for_result(job) == ["/plone/work"]
    assert job.queue.name == "exports"


def test_it_is_made_once(service):
    make_queue()
    queue = service.getQueues()["exports"]
    make_queue()
    assert service.getQueues()["exports"] is queue


def test_it_must_be_there(folder):
    with pytest.raises(UnknownQueue):
        queue_export(folder)
