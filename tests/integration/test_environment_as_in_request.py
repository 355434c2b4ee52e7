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


PLAIN = "http://nohost/plone"
HOST = "http://nohost/VirtualHostBase/https/www.example.com:443/plone/VirtualHostRoot"
VOLTO = "http://nohost/VirtualHostBase/https/www.example.com:443/plone/++api++/VirtualHostRoot"

ADDRESSES = {
    "plain": (PLAIN, "http://nohost/plone"),
    "virtual host": (HOST, "https://www.example.com"),
    "virtual host with prefix": (f"{HOST}/_vh_cms", "https://www.example.com/cms"),
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

    def facts_of(url, role, **headers):
        browser = Browser(functional["app"])
        browser.handleErrors = False
        for name, value in headers.items():
            browser.addHeader(name.replace("_", "-"), value)
        if CREDENTIALS[role]:
            browser.addHeader("Authorization", f"Basic {CREDENTIALS[role]}")
        browser.open(f"{url}/{pages.getId()}/@@facts")
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
    inner, outer = ADDRESSES[address]
    in_request, in_job = facts_of(inner, role, Accept_Language=language)
    assert in_job == in_request
    assert in_job["urls"][0] == f"{outer}/work"
    assert in_job["language"][0] == language


def test_P44_also_a_language_chosen_by_cookie(facts_of):
    api.portal.set_registry_record("plone.use_cookie_negotiation", True)
    transaction.commit()
    in_request, in_job = facts_of(PLAIN, "Member", Accept_Language="en", Cookie="I18N_LANGUAGE=de")
    assert in_job == in_request
    assert in_job["language"][0] == "de"


def test_P44_also_what_a_rest_client_finds(facts_of):
    in_request, in_job = facts_of(HOST, "Member", Accept="application/json")
    assert in_job == in_request
    assert "plone.rest.interfaces.IAPIRequest" in in_job["look"]["layers"]


@pytest.mark.parametrize("role", CREDENTIALS)
def test_P44_also_behind_volto(facts_of, role):
    in_request, in_job = facts_of(VOLTO, role)
    # A job does not know of the ++api++ in the path, which a request within its request would need.
    del in_request["embedded"], in_job["embedded"]
    assert in_job == in_request
    assert in_job["urls"][0] == "https://www.example.com/work"
