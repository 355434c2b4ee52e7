"""The request of a job."""

import pytest
from AccessControl import getSecurityManager
from plone import api
from plone.app.contenttypes.interfaces import IPloneAppContenttypesLayer
from zope.component.hooks import getSite
from zope.globalrequest import getRequest
from zope.globalrequest import setRequest
from zope.publisher.browser import BrowserRequest


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


