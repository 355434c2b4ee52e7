"""As whom a job runs."""

import pytest
import transaction
from AccessControl import SpecialUsers
from AccessControl import Unauthorized
from AccessControl import getSecurityManager
from AccessControl.SecurityManagement import newSecurityManager
from AccessControl.users import UnrestrictedUser
from Acquisition import aq_parent
from plone import api
from plone.app.testing import SITE_OWNER_NAME
from plone.app.testing import TEST_USER_ID
from plone.app.testing import login
from plone.app.testing import logout
from plone.app.testing import setRoles
from zExceptions import BadRequest

from plone.app.async_.interfaces import UserNotRestorable


def who(context):
    user = getSecurityManager().getUser()
    folder = aq_parent(user)
    return user.getId(), user.getUserName(), folder and folder.getPhysicalPath()


def found_titles(context):
    return sorted(brain.Title for brain in context.portal_catalog())


def add_document(context, name):
    context.invokeFactory("Document", name)


def test_the_job_runs_as_the_queuing_user(service, folder, run):
    job = run(service.queueJob(who, folder))
    assert job.result == (TEST_USER_ID, "test-user", ("", "plone", "acl_users"))


def test_the_job_may_do_what_the_user_may_do(service, site, folder, failure_of):
    login(site, "jane")
    error = failure_of(service.queueJob(add_document, site, "report"))
    assert isinstance(error, Unauthorized)
    assert "report" not in site


def test_a_user_of_the_zope_root(service, site, folder, run):
    login(site.aq_parent, SITE_OWNER_NAME)
    job = run(service.queueJob(who, folder))
    assert job.result == (SITE_OWNER_NAME, SITE_OWNER_NAME, ("", "acl_users"))


def test_anonymous(service, site, folder, run):
    folder.setTitle("Private")
    folder.reindexObject()
    logout()
    job = service.queueJob(who, folder)
    titles = service.queueJob(found_titles, site)
    assert run(job).result == (None, "Anonymous User", None)
    assert "Private" not in run(titles).result


def test_a_user_that_was_deleted(service, site, folder, failure_of):
    login(site, "jane")
    job = service.queueJob(who, folder)
    site.acl_users.userFolderDelUsers(["jane"])
    error = failure_of(job)
    assert (type(error), str(error)) == (BadRequest, "User jane not found")


def test_a_user_folder_that_was_deleted(service, site, folder, failure_of):
    setRoles(site, TEST_USER_ID, ["Manager"])
    folder.manage_addProduct["OFSP"].manage_addUserFolder()
    folder["acl_users"].userFolderAddUser("guest", "secret", ["Member"], [])
    newSecurityManager(None, folder["acl_users"].getUserById("guest").__of__(folder["acl_users"]))
    job = service.queueJob(who, folder)
    transaction.commit()
    folder._delObject("acl_users")
    assert str(failure_of(job)) == "Userfolder path /plone/work/acl_users not found"


def test_the_system_user_stays_the_system_user(service, folder, run):
    newSecurityManager(None, SpecialUsers.system)
    job = service.queueJob(who, folder)
    assert job.args[2:4] == [(), "System Processes"]
    assert run(job).result == (None, "System Processes", None)


def test_the_emergency_user_is_refused_by_a_process_that_has_another(service, site, folder, run, monkeypatch):
    emergency = UnrestrictedUser("rescuer", "secret", ("manage",), [])
    monkeypatch.setattr("plone.app.async_.user.emergency_user", emergency)
    newSecurityManager(None, emergency.__of__(site.aq_parent.acl_users))
    job, again = service.queueJob(who, folder), service.queueJob(who, folder)
    assert run(job).result == (None, "rescuer", None)
    monkeypatch.undo()
    assert str(run(again).result.value) == "User rescuer not found"


def test_a_user_who_is_in_no_folder(service, site, folder):
    newSecurityManager(None, UnrestrictedUser("passing", "", ["Manager"], []).__of__(site.acl_users))
    with pytest.raises(UserNotRestorable, match="'passing' is in no user folder"):
        service.queueJob(who, folder)


def test_lent_roles_stay_where_they_are(service, site, folder, failure_of):
    login(site, "jane")
    with api.env.adopt_roles(["Manager"]):
        job = service.queueJob(add_document, site, "report")
    assert isinstance(failure_of(job), Unauthorized)


