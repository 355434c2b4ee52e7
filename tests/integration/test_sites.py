"""Several Plone sites in one database: the queues are shared, and each job keeps to its site."""

import pytest
import transaction
from AccessControl import getSecurityManager
from Acquisition import aq_parent
from plone import api
from plone.app.testing import SITE_OWNER_NAME
from plone.app.testing import login
from Products.CMFPlone.factory import addPloneSite
from zope.component import getUtility
from zope.component.hooks import setSite

from plone.app.async_ import Job
from plone.app.async_.interfaces import IAsyncService
from plone.app.async_.overview import of_site
from zc.async_.job import Job as EngineJob
from zc.async_.testing import wait_for_result


def where_and_who(context):
    user = getSecurityManager().getUser()
    return "/".join(api.portal.get().getPhysicalPath()), "/".join(aq_parent(user).getPhysicalPath()), user.getId()


def title_of_site():
    return api.portal.get().Title()


def add(a, b):
    return a + b


@pytest.fixture
def sister(site):
    """Another site in the same database, which has a user of the same name."""
    login(site.aq_parent, SITE_OWNER_NAME)
    sister = addPloneSite(site.aq_parent, "sister", title="Sister", setup_content=False, default_language="en")
    sister.acl_users.userFolderAddUser("jane", "correct horse", ["Manager"], [])
    transaction.commit()
    setSite(site)
    login(site, "test-user")
    return sister


def queue_in(portal, name, make):
    """What a request to a site does that queues a job."""
    setSite(portal)
    login(portal, name)
    return make(getUtility(IAsyncService))


def test_K81_jobs_of_two_sites_in_one_thread_of_a_worker(site, sister, worker):
    jobs = [
        queue_in(portal, "jane", lambda service, portal=portal: service.queueJob(where_and_who, portal))
        for portal in (site, sister, site, sister)
    ]
    transaction.commit()
    wait_for_result(jobs[3], 30)
    assert [job.result for job in jobs] == 2 * [
        ("/plone", "/plone/acl_users", "jane"),
        ("/sister", "/sister/acl_users", "jane"),
    ]


def test_queues_are_shared(site, sister):
    queues = {queue_in(portal, "jane", lambda service: service.getQueues()) for portal in (site, sister)}
    assert len(queues) == 1


def test_a_user_who_is_gone_is_not_looked_for_in_the_other_site(site, sister, run):
    job = queue_in(site, "jane", lambda service: service.queueJob(where_and_who, site))
    setSite(site)
    site.acl_users.userFolderDelUsers(["jane"])
    assert run(job).result.getErrorMessage() == "User jane not found"


def test_content_that_was_moved_to_another_site_is_gone(site, sister, folder, run):
    folder.invokeFactory("Document", "one")
    job = queue_in(site, "test-user", lambda service: service.queueJob(where_and_who, folder["one"]))
    transaction.commit()
    login(site.aq_parent, SITE_OWNER_NAME)
    moved = folder["one"].aq_base
    folder._delObject("one")
    sister._setObject("one", moved, suppress_events=True)
    transaction.commit()
    assert run(job).result.getErrorMessage() == "Context path /plone/work/one not found"


def test_which_jobs_are_of_a_site(site, sister):
    def make(service):
        queue = service.getQueues()[""]
        return service.queueJob(where_and_who, api.portal.get()), queue.put(Job(title_of_site))

    mine, others = queue_in(site, "jane", make), queue_in(sister, "jane", make)
    nobodys = getUtility(IAsyncService).getQueues()[""].put(EngineJob(add, 1, 2))
    jobs = [*mine, *others, nobodys]
    assert [job for job in jobs if of_site(site).covers(job)] == [*mine]
    assert [job for job in jobs if of_site(sister).covers(job)] == [*others]


def test_a_job_without_a_context_knows_its_site(site, sister, run):
    job = queue_in(sister, "jane", lambda service: service.getQueues()[""].put(Job(title_of_site)))
    assert run(job).result == "Sister"
