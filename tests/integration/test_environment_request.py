"""The request of a job."""

from email import message_from_string
from email import policy

import pytest
from AccessControl import getSecurityManager
from DateTime import DateTime
from plone import api
from plone.app.contenttypes.interfaces import IPloneAppContenttypesLayer
from plone.app.event.base import default_timezone
from plone.app.event.base import localized_now
from plone.app.testing.utils import MockMailHost
from plone.rest.interfaces import IAPIRequest
from Products.Five.browser import BrowserView
from Products.MailHost.interfaces import IMailHost
from zExceptions import BadRequest
from ZODB.POSException import ConflictError
from ZODB.serialize import ObjectWriter
from zope.annotation.interfaces import IAnnotations
from zope.component import getGlobalSiteManager
from zope.component import getSiteManager
from zope.component import provideAdapter
from zope.component import provideHandler
from zope.component.hooks import getSite
from zope.globalrequest import getRequest
from zope.globalrequest import setRequest
from zope.interface import Interface
from zope.interface import alsoProvides
from zope.interface import directlyProvidedBy
from zope.interface.interface import InterfaceClass
from zope.publisher.browser import BrowserRequest
from ZPublisher.interfaces import IPubEvent

from plone.app.async_.baseurl import InvalidBaseURL


SEEN = []


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


def layers(context):
    return [layer.__name__ for layer in directlyProvidedBy(getRequest())]


class Hello(BrowserView):
    def __call__(self):
        return f"Hello {self.context.Title()}"


def hello(context):
    return context.restrictedTraverse("@@hello")()


def sent(context):
    request = getRequest()
    return {
        "form": dict(request.form),
        "cookies": dict(request.cookies),
        "address": request.getClientAddr(),
        "authorization": request._auth,
        "method": request.method,
        "headers": sorted(name for name in request.environ if name.startswith("HTTP_")),
    }


def rename(context, title):
    context.setTitle(title)


def conflict_once(context):
    request = getRequest()
    SEEN.append((request, IAnnotations(request).get("seen")))
    IAnnotations(request)["seen"] = True
    if len(SEEN) == 1:
        raise ConflictError


def time_zone(context):
    return default_timezone(), DateTime().timezone(), localized_now().tzname()


def send_mail(context):
    api.portal.send_email(
        sender="us@example.com",
        recipient="you@example.com",
        subject=api.portal.translate("Home"),
        body=context.restrictedTraverse("@@facts-page")(),
    )


def as_text(message):
    return message.decode() if isinstance(message, bytes) else str(message)


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
def test_P44_urls_are_those_of_the_queuing_request(service, site, folder, run, url, virtual_root, outer, expected):
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


# Browser layers


def test_layers_that_only_the_queuing_request_had(service, folder, run):
    job = service.queueJob(layers, folder)
    assert job.request[5:] == ()  # those of the site are not stored
    alsoProvides(getRequest(), IAPIRequest)
    marked = service.queueJob(layers, folder)
    assert marked.request[5] == "plone.rest.interfaces.IAPIRequest"
    assert run(marked).result == [*run(job).result, "IAPIRequest"]


def test_views_of_such_a_layer_are_found(service, site, folder, run):
    provideAdapter(Hello, (Interface, IAPIRequest), Interface, "hello")
    try:
        alsoProvides(getRequest(), IAPIRequest)
        job = run(service.queueJob(hello, folder))
    finally:
        getGlobalSiteManager().unregisterAdapter(Hello, (Interface, IAPIRequest), Interface, "hello")
    assert job.result == "Hello Work"


def test_a_mark_that_nobody_could_find_is_left_out(service, folder, run):
    alsoProvides(getRequest(), InterfaceClass("IPassing", __module__=__name__))
    assert "IPassing" not in run(service.queueJob(layers, folder)).result


@pytest.mark.parametrize("name", ["plone.rest.interfaces.IGone", "gone.interfaces.ILayer"])
def test_a_layer_that_is_gone_in_the_worker(service, folder, failure_of, name):
    job = service.queueJob(layers, folder)
    job.request = (*job.request, *("",) * (5 - len(job.request)), name)
    error = failure_of(job)
    assert (type(error), str(error)) == (BadRequest, f"Browser layer {name} not found")


# What is not kept


def test_nothing_that_the_client_sent_is_stored_or_seen(service, folder, run):
    request = getRequest()
    request.form["password"] = request.other["password"] = "secret"
    request.cookies["__ac"] = "secret"
    request.environ.update(HTTP_X_TOKEN="secret", HTTP_COOKIE="__ac=secret", REMOTE_ADDR="192.0.2.7")
    request._auth = "Basic secret"
    job = service.queueJob(sent, folder)
    assert b"secret" not in ObjectWriter(job).serialize(job)
    assert run(job).result == {
        "form": {},
        "cookies": {},
        "address": "",
        "authorization": None,
        "method": "GET",
        "headers": ["HTTP_ACCEPT_LANGUAGE", "HTTP_HOST", "HTTP_X_THEME_ENABLED"],  # the last is the site's own
    }


def test_publishing_has_no_part_in_it(service, folder, run):
    """Caches are not purged, pages not transformed, and no writes refused as forged."""
    seen = []
    provideHandler(seen.append, [IPubEvent])
    try:
        job = run(service.queueJob(rename, folder, "Renamed"))
    finally:
        getGlobalSiteManager().unregisterHandler(seen.append, [IPubEvent])
    assert (job.result, folder.Title(), seen) == (None, "Renamed", [])


def test_each_attempt_has_a_request_of_its_own(service, folder, run):
    SEEN.clear()
    run(service.queueJob(conflict_once, folder))
    assert [found for _, found in SEEN] == [None, None]
    assert SEEN[0][0] is not SEEN[1][0]


# Time zones


@pytest.mark.parametrize(
    ("portal_zone", "user_zone", "expected"),
    [("Europe/Berlin", "", "Europe/Berlin"), ("Europe/Berlin", "Asia/Tokyo", "Asia/Tokyo")],
)
def test_the_time_zone_is_that_of_user_or_site(service, site, folder, run, portal_zone, user_zone, expected):
    api.portal.set_registry_record("plone.portal_timezone", portal_zone)
    api.user.get_current().setMemberProperties({"timezone": user_zone})
    here = time_zone(folder)
    assert here[0] == expected
    assert here[2] != here[1]  # another one than the process has
    assert run(service.queueJob(time_zone, folder)).result == here


# Without a request


def test_a_job_queued_without_a_request(service, folder, run):
    setRequest(None)
    job = service.queueJob(where, folder)
    assert job.request == ()
    assert run(job).result["url"] == "http://localhost/plone/work"


def test_a_request_of_another_make(service, folder, run):
    setRequest(BrowserRequest(None, {}))
    job = service.queueJob(where, folder)
    assert run(job).result["url"] == "http://localhost/plone/work"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://www.example.com", "https://www.example.com"),
        ("https://www.example.com:443/cms/my%20site/", "https://www.example.com/cms/my%20site"),
        ("http://[::1]:8080/cms", "http://[::1]:8080/cms"),
        ("/other=https://other.example.com /plone=https://www.example.com/cms", "https://www.example.com/cms"),
        ("/other=https://other.example.com https://www.example.com", "https://www.example.com"),
        ("/other=https://other.example.com", "http://localhost/plone"),
    ],
)
def test_K93_the_base_url_is_configured(service, site, folder, run, monkeypatch, value, expected):
    monkeypatch.setenv("ZC_ASYNC_BASE_URL", value)
    setRequest(None)
    seen = run(service.queueJob(where, folder)).result
    assert (seen["portal"], seen["url"], seen["view"]) == (expected, f"{expected}/work", f"{expected}/work")


def test_K93_a_request_says_more_than_the_configuration(service, folder, run, monkeypatch):
    monkeypatch.setenv("ZC_ASYNC_BASE_URL", "https://www.example.com")
    assert run(service.queueJob(where, folder)).result["url"] == folder.absolute_url()


def test_K93_a_base_url_that_cannot_be_used(service, folder, failure_of, monkeypatch):
    monkeypatch.setenv("ZC_ASYNC_BASE_URL", "www.example.com")
    setRequest(None)
    error = failure_of(service.queueJob(where, folder))
    assert isinstance(error, InvalidBaseURL)
    assert "ZC_ASYNC_BASE_URL" in str(error)


# Mail


def test_mail_is_written_as_in_the_request(service, site, folder, run):
    """From a template, in German, with the address that visitors know."""
    site.MailHost = MockMailHost("MailHost")
    getSiteManager().registerUtility(site.MailHost, IMailHost)
    api.portal.set_registry_record("plone.smtp_host", "localhost")
    api.portal.set_registry_record("plone.email_from_address", "us@example.com")
    request = getRequest()
    request.setServerURL("https", "www.example.com")
    request.set("LANGUAGE", "de")
    request["LANGUAGE_TOOL"].LANGUAGE = "de"
    send_mail(folder)
    run(service.queueJob(send_mail, folder))
    ours, theirs = (message_from_string(text, policy=policy.default) for text in map(as_text, site.MailHost.messages))
    assert theirs["Subject"] == ours["Subject"] == "Startseite"
    assert theirs.get_content() == ours.get_content()
    assert '<a href="https://www.example.com/plone/work" >Startseite</a>' in theirs.get_content()
