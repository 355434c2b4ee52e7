"""What code in a site sees, as plain data: the same in a request and in the job that it queues."""

from __future__ import annotations

import json
import re
from datetime import datetime
from datetime import timezone
from pathlib import Path
from typing import Any

import transaction
from AccessControl import getSecurityManager
from Acquisition import aq_parent
from DateTime import DateTime
from plone import api
from plone.app.event.base import default_timezone
from plone.app.event.base import localized_now
from plone.protect.interfaces import IDisableCSRFProtection
from plone.restapi.interfaces import ISerializeToJson
from plone.restapi.interfaces import ISerializeToJsonSummary
from plone.subrequest import subrequest
from Products.Five.browser import BrowserView
from zExceptions import Unauthorized
from zope.component import getMultiAdapter
from zope.component import getUtility
from zope.component.hooks import getSite
from zope.globalrequest import getRequest
from zope.i18n import translate
from zope.interface import alsoProvides
from zope.interface import directlyProvidedBy
from zope.security import checkPermission

from plone.app.async_.interfaces import IAsyncService


ZCML = f"""
<configure xmlns="http://namespaces.zope.org/zope" xmlns:browser="http://namespaces.zope.org/browser">
  <include package="plone.restapi" />
  <browser:page name="facts" for="*" class="tested_facts.FactsView" permission="zope.Public" />
  <browser:page name="facts-page" for="*" template="{Path(__file__).parent}/tested_facts.pt" permission="zope.Public" />
</configure>
"""

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)
TOKEN = re.compile(r'_authenticator(=|" value=")\w+')


class FactsView(BrowserView):
    """Answers the facts as JSON, and queues a job to find them again."""

    def __call__(self) -> str:
        alsoProvides(self.request, IDisableCSRFProtection)  # this GET writes a job
        getUtility(IAsyncService).queueJob(facts, self.context)
        found = facts(self.context)
        self.request.response.setHeader("Content-Type", "application/json")
        return json.dumps(found)


def facts(context: Any) -> dict[str, Any]:
    """All that is expected to be the same."""
    found = {finder.__name__: finder(context, getRequest()) for finder in FINDERS}
    return json.loads(json.dumps(found, default=str))


def user(context: Any, request: Any) -> dict[str, Any]:
    user = api.user.get_current()
    raw = getSecurityManager().getUser()
    folder = aq_parent(raw)
    return {
        "id": user.getId(),
        "anonymous": api.user.is_anonymous(),
        "roles": sorted(raw.getRolesInContext(context)),
        "groups": None if api.user.is_anonymous() else sorted(raw.getGroups()),
        "folder": folder and folder.getPhysicalPath(),
        "authenticated": str(request["AUTHENTICATED_USER"]),
        "may": [
            checkPermission(name, context) for name in ("zope2.View", "cmf.ModifyPortalContent", "cmf.ManagePortal")
        ],
    }


def urls(context: Any, request: Any) -> list[Any]:
    state = context.restrictedTraverse("@@plone_portal_state")
    here = context.restrictedTraverse("@@plone_context_state")
    path = context.getPhysicalPath()
    return [
        context.absolute_url(),
        context.absolute_url_path(),
        context.virtual_url_path(),
        api.portal.get_tool("portal_url")(),
        api.portal.get().absolute_url(),
        state.portal_url(),
        state.navigation_root_url(),
        here.object_url(),
        here.view_url(),
        here.canonical_object_url(),
        request["SERVER_URL"],
        request.getVirtualRoot(),
        request.physicalPathToURL(path),
        request.physicalPathToVirtualPath(path),
        [brain.getURL() for brain in context.portal_catalog(sort_on="path")],
    ]


def language(context: Any, request: Any) -> list[Any]:
    state = context.restrictedTraverse("@@plone_portal_state")
    return [
        request["LANGUAGE"],
        request["LANGUAGE_TOOL"].getLanguageBindings()[:2],
        api.portal.get_current_language(),
        api.portal.get_default_language(),
        state.language(),
        request.locale.id.language,
        state.locale().id.language,
        api.portal.translate("Home"),
        translate("Home", domain="plone", context=request),
        api.portal.get_localized_time(datetime=NOON, long_format=True),
        context.restrictedTraverse("@@plone").toLocalizedTime(NOON, long_format=1),
    ]


def time_zone(context: Any, request: Any) -> list[Any]:
    return [default_timezone(), localized_now().utcoffset(), DateTime().timezone(), DateTime(NOON).ISO()]


def look(context: Any, request: Any) -> dict[str, Any]:
    return {
        "skin": context.getCurrentSkinName(),
        "layers": [layer.__identifier__ for layer in directlyProvidedBy(request)],
        "page": context.restrictedTraverse("@@facts-page")(),
    }


def content(context: Any, request: Any) -> list[Any]:
    child = context.unrestrictedTraverse("public")
    return [
        getMultiAdapter((context, request), ISerializeToJson)(),
        getMultiAdapter((child, request), ISerializeToJson)(),
        getMultiAdapter((child, request), ISerializeToJsonSummary)(),
        TOKEN.sub("", content_of(child.restrictedTraverse("@@document_view")())),
    ]


def content_of(page: str) -> str:
    """The main part of a page: what is around it depends on the address in the browser."""
    return page.partition('<article id="content">')[2].partition("</article>")[0]


def embedded(context: Any, request: Any) -> list[Any]:
    """What a part of the page gives that is asked for by a request within the request."""
    path = request.physicalPathToVirtualPath(context.getPhysicalPath())
    response = subrequest("/".join(["", *filter(None, path), "public/@@facts-page"]))
    return [response.getStatus(), response.getBody().decode(), getRequest() is request, getSite().getId()]


def work(context: Any, request: Any) -> Any:
    """Make, publish and find a document, which is then taken back."""
    before = transaction.savepoint()
    try:
        document = api.content.create(context, "Document", "made", title="Made")
        api.content.transition(document, "publish")
        [brain] = api.content.find(context, Title="Made")
        return [document.absolute_url(), brain.getURL(), brain.review_state, document.Creator(), document.Language()]
    except Unauthorized as error:
        return f"Unauthorized: {error}"
    finally:
        before.rollback()


def borrowed_roles(context: Any, request: Any) -> list[Any]:
    with api.env.adopt_roles(["Manager"]):
        return [work(context, request), api.user.get_current().getId()]


FINDERS = (user, urls, language, time_zone, look, content, embedded, work, borrowed_roles)
