"""As whom a job runs."""

import pytest
import transaction
from AccessControl import SpecialUsers
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
from Products.PluggableAuthService.interfaces.plugins import IUserEnumerationPlugin
from Products.PluggableAuthService.plugins.BasePlugin import BasePlugin
from Products.PluggableAuthService.PropertiedUser import PropertiedUser
from zExceptions import BadRequest
from zExceptions import Unauthorized
from zope.interface import classImplements

from plone.app.async_.interfaces import UserNotRestorable


def who(context):
    user = getSecurityManager().getUser()
    folder = aq_parent(user)
    return user.getId(), user.getUserName(), folder and folder.getPhysicalPath()


def roles(context):
    return sorted(getSecurityManager().getUser().getRoles())


def full_name(context):
    user = api.user.get_current()
    return user.getId(), user.getProperty("fullname")


class OnlyNames(BasePlugin):
    """Knows one user, by id and name."""

    def __init__(self, id):
        self.id = id

    def enumerateUsers(self, id=None, login=None, exact_match=False, **criteria):
        return ({"id": "guest-7", "login": "Guest 7", "pluginid": self.id},) if id == "guest-7" else ()


classImplements(OnlyNames, IUserEnumerationPlugin)


def found_titles(context):
    return sorted(brain.Title for brain in context.portal_catalog())


def add_document(context, name):
    context.invokeFactory("Document", name)


def test_P6_the_job_runs_as_the_queuing_user(service, folder, run):
    job = run(service.queueJob(who, folder))
    assert job.result == (TEST_USER_ID, "test-user", ("", "plone", "acl_users"))


def test_P7_the_job_may_do_what_the_user_may_do(service, site, folder, failure_of):
    login(site, "jane")
    error = failure_of(service.queueJob(add_document, site, "report"))
    assert isinstance(error, Unauthorized)
    assert "report" not in site


def test_P9_a_user_of_the_zope_root(service, site, folder, run):
    login(site.aq_parent, SITE_OWNER_NAME)
    job = run(service.queueJob(who, folder))
    assert job.result == (SITE_OWNER_NAME, SITE_OWNER_NAME, ("", "acl_users"))


def test_P8_anonymous(service, site, folder, run):
    folder.setTitle("Private")
    folder.reindexObject()
    logout()
    job = service.queueJob(who, folder)
    titles = service.queueJob(found_titles, site)
    assert run(job).result == (None, "Anonymous User", ("", "acl_users"))
    assert "Private" not in run(titles).result


def test_P10_a_user_that_was_deleted(service, site, folder, failure_of):
    login(site, "jane")
    job = service.queueJob(who, folder)
    site.acl_users.userFolderDelUsers(["jane"])
    error = failure_of(job)
    assert (type(error), str(error)) == (BadRequest, "User jane not found")


def test_P10_a_user_folder_that_was_deleted(service, site, folder, failure_of):
    setRoles(site, TEST_USER_ID, ["Manager"])
    folder.manage_addProduct["OFSP"].manage_addUserFolder()
    folder["acl_users"].userFolderAddUser("guest", "secret", ["Member"], [])
    newSecurityManager(None, folder["acl_users"].getUserById("guest").__of__(folder["acl_users"]))
    job = service.queueJob(who, folder)
    transaction.commit()
    folder._delObject("acl_users")
    assert str(failure_of(job)) == "Userfolder path /plone/work/acl_users not found"


def test_K76_the_system_user_stays_the_system_user(service, folder, run):
    newSecurityManager(None, SpecialUsers.system)
    job = service.queueJob(who, folder)
    assert job.args[2:4] == [(), "System Processes"]
    assert run(job).result == (None, "System Processes", None)


def test_K76_the_emergency_user_is_refused_by_a_process_that_has_another(service, site, folder, run, monkeypatch):
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


def test_a_user_taken_on_for_the_moment(service, site, folder, run):
    with api.env.adopt_user(username="jane"):
        job = service.queueJob(who, folder)
    with api.env.adopt_user(user=api.user.get("jane")):
        again = service.queueJob(who, folder)
    assert run(job).result == run(again).result == ("jane", "jane", ("", "plone", "acl_users"))


def test_a_double_of_the_user_with_more_roles(service, site, folder, run):
    class Double(UnrestrictedUser):
        def getId(self):
            return self.getUserName()

    newSecurityManager(None, Double("jane", "", ["Manager"], []).__of__(site.acl_users))
    assert run(service.queueJob(roles, folder)).result == ["Authenticated", "Member"]


def test_P7_roles_are_those_of_the_time_of_the_run(service, site, folder, run):
    login(site, "jane")
    job, again = service.queueJob(roles, folder), service.queueJob(roles, folder)
    setRoles(site, "jane", ["Contributor"])
    assert run(job).result == ["Authenticated", "Contributor"]
    setRoles(site, "jane", [])
    assert run(again).result == ["Authenticated"]


def test_P7_a_user_who_may_no_longer_do_it(service, site, folder, failure_of):
    job = service.queueJob(add_document, folder, "report")
    folder.manage_delLocalRoles([TEST_USER_ID])
    error = failure_of(job)
    assert isinstance(error, Unauthorized)
    assert str(error) == "Cannot create Document"


def test_a_user_known_only_while_logged_in(service, site, folder, failure_of):
    """A plug-in that lets users in, but cannot be asked for them."""
    newSecurityManager(None, PropertiedUser("passer-by").__of__(site.acl_users))
    error = failure_of(service.queueJob(who, folder))
    assert (type(error), str(error)) == (BadRequest, "User passer-by not found")


def test_a_user_of_a_plugin_without_properties(service, site, folder, run):
    """A plug-in that tells who is who, and nothing else."""
    plugin = OnlyNames("names")
    site.acl_users._setObject("names", plugin)
    site.acl_users.plugins.activatePlugin(IUserEnumerationPlugin, "names")
    newSecurityManager(None, site.acl_users.getUserById("guest-7"))
    assert run(service.queueJob(who, folder)).result == ("guest-7", "Guest 7", ("", "plone", "acl_users"))


def test_the_current_member_and_what_is_hers(service, site, folder, run):
    login(site, "jane")
    api.user.get("jane").setMemberProperties({"fullname": "Jane Doe"})
    assert run(service.queueJob(full_name, folder)).result == ("jane", "Jane Doe")
