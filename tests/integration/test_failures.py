"""What is gone, or not allowed any more, when a job runs: its failure says so, whatever kind of job it is."""

import pytest
import transaction
from AccessControl.SecurityManagement import newSecurityManager
from Acquisition import aq_base
from plone import api
from plone.app.testing import TEST_USER_ID
from plone.app.testing import login
from plone.app.testing import setRoles

from plone.app.async_ import Job
from zc.async_.interfaces import COMPLETED


def add_document(context, name):
    context.invokeFactory("Document", name)


@pytest.fixture(params=["service", "Job"])
def queue_job(request, service):
    """Queues a job that adds a document to a folder, through the service or as a Job."""

    def queue_job(folder, name="made"):
        if request.param == "service":
            job = service.queueJob(add_document, folder, name)
        else:
            job = service.getQueues()[""].put(Job(folder.invokeFactory, "Document", name))
        transaction.commit()
        return job

    return queue_job


@pytest.fixture
def message_of(run):
    """Runs a job that must fail, once, and gives what a person reads."""

    def message_of(job):
        run(job)
        assert job.status == COMPLETED
        return job.result.getErrorMessage()

    return message_of


def test_P10_K77_the_user_was_deleted(queue_job, site, folder, message_of):
    login(site, "jane")
    job = queue_job(folder)
    site.acl_users.userFolderDelUsers(["jane"])
    assert message_of(job) == "User jane not found"
    assert "made" not in folder


def test_P10_K77_a_namesake_in_another_user_folder_is_somebody_else(queue_job, site, folder, message_of):
    login(site, "jane")
    job = queue_job(folder)
    site.acl_users.userFolderDelUsers(["jane"])
    site.aq_parent.acl_users.userFolderAddUser("jane", "correct horse", ["Manager"], [])
    assert message_of(job) == "User jane not found"


def test_P10_K77_the_user_folder_was_deleted(queue_job, site, folder, message_of):
    setRoles(site, TEST_USER_ID, ["Manager"])
    folder.manage_addProduct["OFSP"].manage_addUserFolder()
    users = folder["acl_users"]
    users.userFolderAddUser("guest", "correct horse", ["Member"], [])
    newSecurityManager(None, users.getUserById("guest").__of__(users))
    job = queue_job(folder)
    folder._delObject("acl_users")
    assert message_of(job) == "Userfolder path /plone/work/acl_users not found"


@pytest.mark.parametrize("new_name", [None, "renamed"])
def test_P10_K77_the_site_was_deleted_or_renamed(queue_job, site, folder, message_of, new_name):
    job = queue_job(folder)
    root, base = site.aq_parent, aq_base(site)
    root._delOb("plone")
    if new_name:
        base.id = new_name
        root._setOb(new_name, base)
    assert message_of(job) == "Portal path /plone not found"


def test_P10_K77_the_context_was_deleted(queue_job, folder, message_of):
    folder.invokeFactory("Folder", "deep")
    job = queue_job(folder["deep"])
    folder.manage_delObjects(["deep"])
    assert message_of(job) == "Context path /plone/work/deep not found"


def test_P11_K75_a_namesake_of_the_context_in_a_parent_is_not_touched(queue_job, folder, message_of):
    folder.invokeFactory("Folder", "deep")
    folder["deep"].invokeFactory("Folder", "deep")
    job = queue_job(folder["deep"]["deep"])
    folder["deep"].manage_delObjects(["deep"])
    assert message_of(job) == "Context path /plone/work/deep/deep not found"
    assert "made" not in folder["deep"]


def test_K75_the_context_was_replaced(queue_job, folder, message_of):
    folder.invokeFactory("Folder", "deep")
    job = queue_job(folder["deep"])
    folder.manage_delObjects(["deep"])
    folder.invokeFactory("Folder", "deep")
    assert message_of(job) == "Context path /plone/work/deep not found"
    assert "made" not in folder["deep"]


def test_K75_the_context_was_moved(queue_job, site, folder, run):
    folder.invokeFactory("Folder", "deep")
    folder.invokeFactory("Folder", "target")
    job = queue_job(folder["deep"])
    folder["target"].manage_pasteObjects(folder.manage_cutObjects(["deep"]))
    run(job)
    assert "made" in folder["target"]["deep"]


def test_P7_the_user_lost_the_permission(queue_job, site, folder, message_of):
    job = queue_job(folder)
    setRoles(site, TEST_USER_ID, ["Member"])
    folder.manage_delLocalRoles([TEST_USER_ID])
    assert "Cannot create Document" in message_of(job)
    assert "made" not in folder


def test_P7_the_content_type_is_not_allowed_any_more(queue_job, site, folder, message_of):
    job = queue_job(folder)
    api.portal.get_tool("portal_types")["Document"].global_allow = False
    assert message_of(job) == "Subobject type disallowed by IConstrainTypes adapter: Document"


def test_what_is_gone_is_not_tried_again(service, folder, run):
    folder.invokeFactory("Document", "one")
    job = service.queueJob(add_document, folder["one"], "made")
    transaction.commit()
    folder.manage_delObjects(["one"])
    run(job)
    assert job.getRetryPolicy().data == {}
