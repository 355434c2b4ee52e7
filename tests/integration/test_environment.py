"""Where and as whom a job runs."""

import pytest
import transaction
from AccessControl import SpecialUsers
from AccessControl import Unauthorized
from AccessControl import getSecurityManager
from AccessControl.SecurityManagement import newSecurityManager
from AccessControl.users import UnrestrictedUser
from Acquisition import aq_base
from Acquisition import aq_parent
from plone import api
from plone.app.contenttypes.interfaces import IPloneAppContenttypesLayer
from plone.app.testing import SITE_OWNER_NAME
from plone.app.testing import TEST_USER_ID
from plone.app.testing import login
from plone.app.testing import logout
from plone.app.testing import setRoles
from plone.base.interfaces import IPloneSiteRoot
from Products.CMFCore.Skinnable import SKINDATA
from zExceptions import BadRequest
from zope.component.hooks import getSite
from zope.component.hooks import setSite
from zope.globalrequest import getRequest
from zope.globalrequest import setRequest
from zope.publisher.browser import BrowserRequest

from plone.app.async_.interfaces import UserNotRestorable


def who(context):
    user = getSecurityManager().getUser()
    folder = aq_parent(user)
    return user.getId(), user.getUserName(), folder and folder.getPhysicalPath()


def where(context):
    request = getRequest()
    assert request is context.REQUEST
    assert request["AUTHENTICATED_USER"] == getSecurityManager().getUser()
    site = getSite()
    return {
        "site": site.getPhysicalPath(),
        "portal": api.portal.get().absolute_url(),
        "url": context.absolute_url(),
        "path": context.getPhysicalPath(),
        "language": request["LANGUAGE"],
        "current": api.portal.get_current_language(),
        "layer": IPloneAppContenttypesLayer.providedBy(request),
        "parents": [parent.getId() for parent in request["PARENTS"]],
        "skin": site.getCurrentSkinName(),
        "view": context.restrictedTraverse("@@plone_context_state").object_url(),
    }


def found_titles(context):
    return sorted(brain.Title for brain in context.portal_catalog())


def path_of(context, *args):
    return context.getPhysicalPath()


def add_document(context, name):
    context.invokeFactory("Document", name)


def thread_state():
    return getSite(), getRequest(), getSecurityManager().getUser().getId(), dict(SKINDATA)


# The user


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


# Site and context


def test_a_site_that_was_deleted(service, site, folder, failure_of):
    job = service.queueJob(who, folder)
    transaction.commit()
    root = aq_parent(site)
    base = aq_base(site)
    root._delOb("plone")
    with_failure = failure_of(job)
    root._setOb("plone", base)
    transaction.commit()
    assert str(with_failure) == "Portal path /plone not found"


def test_a_context_that_was_deleted(service, folder, failure_of):
    folder.invokeFactory("Folder", "deep")
    job = service.queueJob(path_of, folder["deep"])
    transaction.commit()
    folder.manage_delObjects(["deep"])
    error = failure_of(job)
    assert (type(error), str(error)) == (BadRequest, "Context path /plone/work/deep not found")


def test_a_namesake_of_the_context_is_never_used(service, site, folder, run):
    folder.invokeFactory("Folder", "work")
    folder["work"].invokeFactory("Document", "one")
    inner = service.queueJob(path_of, folder["work"])
    deeper = service.queueJob(path_of, folder["work"]["one"])
    transaction.commit()
    folder.manage_delObjects(["work"])
    folder.invokeFactory("Document", "one")
    assert str(run(inner).result.value) == "Context path /plone/work/work not found"
    assert str(run(deeper).result.value) == "Context path /plone/work/work/one not found"


def test_a_successor_at_the_same_path_is_another_object(service, folder, failure_of):
    folder.invokeFactory("Document", "one")
    job = service.queueJob(path_of, folder["one"])
    transaction.commit()
    folder.manage_delObjects(["one"])
    folder.invokeFactory("Document", "one")
    assert str(failure_of(job)) == "Context path /plone/work/one not found"


def test_a_context_that_was_moved_is_found(service, folder, run):
    folder.invokeFactory("Folder", "target")
    folder.invokeFactory("Document", "one")
    job = service.queueJob(path_of, folder["one"])
    transaction.commit()
    folder["target"].manage_pasteObjects(folder.manage_cutObjects(["one"]))
    folder["target"].manage_renameObject("one", "two")
    assert run(job).result == ("", "plone", "work", "target", "two")


@pytest.mark.parametrize("path", ["/", "/plone", "/plone/portal_catalog", "/acl_users"])
def test_contexts_without_uid(service, site, folder, run, path):
    context = site.unrestrictedTraverse(path)
    assert run(service.queueJob(path_of, context)).result == context.getPhysicalPath()


# The request


def test_a_plain_request(service, site, folder, run):
    seen = run(service.queueJob(where, folder)).result
    assert seen == {
        "site": ("", "plone"),
        "portal": site.absolute_url(),
        "url": folder.absolute_url(),
        "path": ("", "plone", "work"),
        "language": "en",
        "current": "en",
        "layer": True,
        "parents": ["plone", ""],
        "skin": site.getCurrentSkinName(),
        "view": folder.absolute_url(),
    }


@pytest.mark.parametrize(
    ("url", "virtual_root", "outer", "expected"),
    [
        ("https://www.example.com", "/plone", [], "https://www.example.com/work"),
        (
            "http://intra.example.com:8080",
            "/plone",
            ["cms", "my%20site"],
            "http://intra.example.com:8080/cms/my%20site/work",
        ),
        ("https://[::1]:8443", "", [], "https://[::1]:8443/plone/work"),
    ],
)
def test_urls_are_those_of_the_queuing_request(service, site, folder, run, url, virtual_root, outer, expected):
    request = getRequest()
    request.other["SERVER_URL"] = url
    request["VirtualRootPhysicalPath"] = tuple(virtual_root.split("/"))
    request._script[:] = outer
    request._resetURLS()
    assert folder.absolute_url() == expected
    seen = run(service.queueJob(where, folder)).result
    assert (seen["portal"], seen["url"], seen["view"]) == (site.absolute_url(), expected, expected)


def test_the_language_is_that_of_the_queuing_request(service, site, folder, run):
    getRequest().set("LANGUAGE", "de")
    seen = run(service.queueJob(where, folder)).result
    assert (seen["language"], seen["current"]) == ("de", "de")


def test_another_skin_than_the_default(service, site, folder, run):
    skins = site.portal_skins
    skins.addSkinSelection("Other", skins.getSkinPath(skins.getDefaultSkin()))
    site.clearCurrentSkin()
    site.changeSkin("Other", getRequest())
    seen = run(service.queueJob(where, folder)).result
    assert seen["skin"] == "Other"


def test_a_job_queued_without_a_request(service, folder, run):
    setRequest(None)
    job = service.queueJob(where, folder)
    assert job.request == ()
    assert run(job).result["url"] == "http://localhost/plone/work"


def test_a_request_of_another_make(service, folder, run):
    setRequest(BrowserRequest(None, {}))
    job = service.queueJob(where, folder)
    assert run(job).result["url"] == "http://localhost/plone/work"


# The thread


@pytest.mark.parametrize("function", [path_of, add_document])
def test_the_thread_is_as_it_was(service, site, folder, run_here, function):
    site.clearCurrentSkin()
    site.setupCurrentSkin(getRequest())
    login(site, "jane")
    job = service.queueJob(function, site, "report")
    login(site, "test-user")
    setSite(folder.aq_parent)
    before = thread_state()
    run_here(job)
    assert thread_state() == before
    assert IPloneSiteRoot.providedBy(getSite())
    assert getRequest()["URL"]


def test_the_thread_is_as_it_was_when_the_user_is_gone(service, site, folder, run_here):
    login(site, "jane")
    job = service.queueJob(path_of, folder)
    login(site, "test-user")
    site.acl_users.userFolderDelUsers(["jane"])
    before = thread_state()
    run_here(job)
    assert str(job.result.value) == "User jane not found"
    assert thread_state() == before
