"""The jobs of Plone, as operators see them by ``asyncdb``, in a process without a dispatcher."""

import pytest
import transaction
from asking import asks
from asking import ids
from zope.component import getGlobalSiteManager

from plone.app.async_ import Job
from plone.app.async_.interfaces import IAsyncDatabase


def work(context, number=1):
    pass


@pytest.fixture(autouse=True)
def instance(site):
    """This process knows the queues as an instance does."""
    database = site._p_jar.db()
    getGlobalSiteManager().registerUtility(database, IAsyncDatabase)
    yield
    getGlobalSiteManager().unregisterUtility(database, IAsyncDatabase)


@pytest.fixture
def jobs(service, folder):
    """A job of the service, a method of content, and a function with content."""
    queue = service.getQueues()[""]
    found = [
        service.queueJob(work, folder, 17),
        queue.put(Job(folder.invokeFactory, "Document", "one")),
        queue.put(Job(work, folder)),
    ]
    transaction.commit()
    folder._p_jar.cacheMinimize()
    return found


@pytest.mark.parametrize(
    ("pattern", "numbers"),
    [("work", [0, 2]), ("*test_asyncdb.w*", [0, 2]), ("invokeFactory", [1]), ("invoke*", [1]), ("_executeAsUser", [])],
)
def test_K83_M35_M51_callable_is_what_the_user_wrote(jobs, pattern, numbers):
    assert asks(f"jobs pending callable:{pattern}") == ids(*(jobs[number] for number in numbers))


def test_M51_jobs_are_shown_without_a_site(jobs):
    details = asks("jobs pending display:details")
    assert [told["repr"].count("invokeFactory") for told in details] == [0, 1, 0]
    assert "17" in details[0]["args"]
    assert [told["quota names"] for told in details] == [["default"], [], []]
