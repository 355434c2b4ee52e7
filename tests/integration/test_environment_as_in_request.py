"""Code finds the same in a job as in the request that queued it."""

import json

import pytest
import transaction
from plone import api
from plone.app.testing import SITE_OWNER_NAME
from plone.app.testing import SITE_OWNER_PASSWORD
from plone.testing.zope import Browser
from Products.SiteAccess.VirtualHostMonster import manage_addVirtualHostMonster
from zope.component.hooks import site as current_site

from zc.async_.interfaces import KEY


ADDRESSES = {
    "plain": ("http://nohost/plone", "http://nohost/plone"),
    "virtual host": (
        "http://nohost/VirtualHostBase/https/www.example.com:443/plone/VirtualHostRoot",
        "https://www.example.com",
    ),
    "virtual host with prefix": (
        "http://nohost/VirtualHostBase/https/www.example.com:443/plone/VirtualHostRoot/_vh_cms",
        "https://www.example.com/cms",
    ),
    "virtual host with port, of Zope": (
        "http://nohost/VirtualHostBase/http/intra.example.com:8080/VirtualHostRoot/_vh_my%20zope/plone",
        "http://intra.example.com:8080/my%20zope/plone",
    ),
}

CREDENTIALS = {
    "Manager": f"{SITE_OWNER_NAME}:{SITE_OWNER_PASSWORD}",
    "Member": "jane:correct horse",
    "Anonymous": None,
}


@pytest.fixture
def pages(functional, site):
    """A folder with something public in it, in a site that speaks English and German."""
    if "virtual_hosting" not in functional["app"].objectIds():
        manage_addVirtualHostMonster(functional["app"], "virtual_hosting")
    with api.env.adopt_roles(["Manager"]):
        api.portal.set_registry_record("plone.available_languages", ["en", "de"])
        api.portal.set_registry_record("plone.use_request_negotiation", True)
        api.portal.set_registry_record("plone.portal_timezone", "Europe/Berlin")
        api.content.transition(site["work"], "publish")
        page = api.content.create(site["work"], "Document", "public", title="Public")
        api.content.transition(page, "publish")
        api.content.create(site["work"], "Document", "private", title="Private")
    transaction.commit()
    return site["work"]


@pytest.fixture
def facts_of(functional, pages, run):
    """What a request to an address finds, and the job that it queues."""

    def facts_of(address, role, language="en"):
        browser = Browser(functional["app"])
        browser.handleErrors = False
        browser.addHeader("Accept-Language", language)
        if CREDENTIALS[role]:
            browser.addHeader("Authorization", f"Basic {CREDENTIALS[role]}")
        browser.open(f"{ADDRESSES[address][0]}/work/@@facts")
        seen = json.loads(browser.contents)
        transaction.begin()
        with current_site(functional["portal"]):
            [job] = pages._p_jar.root()[KEY][""]
            return seen, run(job).result

    return facts_of


@pytest.mark.parametrize("role", CREDENTIALS)
@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_P44_a_job_finds_what_the_request_finds(facts_of, address, role, language):
    in_request, in_job = facts_of(address, role, language)
    assert in_job == in_request
    assert in_job["urls"][0] == f"{ADDRESSES[address][1]}/work"
    assert in_job["language"][0] == language
