"""The addresses of sites in ``ZC_ASYNC_BASE_URL``."""

import pytest

from plone.app.async_ import baseurl
from plone.app.async_.baseurl import InvalidBaseURL


SITE = ("", "folder", "Plone")


@pytest.fixture
def configured(monkeypatch):
    return lambda value: monkeypatch.setenv(baseurl.BASE_URL, value)


@pytest.mark.parametrize("value", ["", "  ", "/Plone=https://www.example.com"])
def test_K93_nothing_is_said_about_the_site(configured, value):
    configured(value)
    assert baseurl.request_state(SITE) == ()


@pytest.mark.parametrize(
    ("value", "server", "outer"),
    [
        ("https://www.example.com", "https://www.example.com", ""),
        ("HTTPS://WWW.Example.com/", "https://www.example.com", ""),
        ("https://www.example.com:443/a//b/", "https://www.example.com", "a/b"),
        ("http://www.example.com:443", "http://www.example.com:443", ""),
        ("http://[::1]:8080/a%20b", "http://[::1]:8080", "a%20b"),
        ("https://example.com/ä", "https://example.com", "%C3%A4"),
        ("/folder/Plone/=https://one.example.com https://other.example.com", "https://one.example.com", ""),
        ("https://other.example.com /folder/Plone=https://one.example.com", "https://one.example.com", ""),
        ("/folder=https://one.example.com https://other.example.com", "https://other.example.com", ""),
    ],
)
def test_K93_the_address_of_the_site(configured, value, server, outer):
    configured(value)
    assert baseurl.request_state(SITE) == (server, "", outer, "/folder/Plone")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("www.example.com", "'www.example.com' does not begin with http://HOST or https://HOST"),
        ("ftp://www.example.com", "does not begin with http"),
        ("https:///path", "does not begin with http"),
        (
            "https://www.example.com?x=1",
            "what is said of www.example.com is more than a scheme, a host, a port and a path",
        ),
        ("https://me:secret@www.example.com", "is more than a scheme"),
        ("https://www.example.com:https", "Port could not be cast"),
        ("https://www.example.com:99999", "Port out of range"),
        ("/Plone", "'/Plone' does not begin with http"),
        ("https://a.example.com https://b.example.com", "there are two addresses for any site"),
        ("/Plone=http://a /Plone/=http://b", "there are two addresses for /Plone"),
    ],
)
def test_K93_what_cannot_be_used_is_refused_by_name(configured, value, problem):
    configured(value)
    with pytest.raises(InvalidBaseURL, match=r"^the environment variable ZC_ASYNC_BASE_URL cannot be used: ") as raised:
        baseurl.request_state(SITE)
    assert problem in str(raised.value)
    assert "secret" not in str(raised.value)
    assert "such as https://www.example.com" in str(raised.value)
