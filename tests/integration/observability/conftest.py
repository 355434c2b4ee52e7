"""The endpoint of plone.observability as collectors see it, and what it says."""

import re

import pytest
import transaction
from overview_fixtures import board
from overview_fixtures import other_site
from overview_fixtures import queue
from overview_fixtures import work
from plone.testing.zope import Browser

from zc.async_.metrics import process


__all__ = ["board", "other_site", "queue", "work"]

SAMPLE = re.compile(r'(?m)^(plone_async_\w+)\{((?:\w+="(?:[^"\\]|\\.)*",?)+)\} (\S+)$')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@pytest.fixture(autouse=True)
def zero():
    process.clear()


@pytest.fixture
def scrape(functional):
    """Asks for the page of metrics, as nobody; its text."""

    def scrape(path="@@metrics"):
        transaction.commit()
        browser = Browser(functional["app"])
        browser.handleErrors = False
        browser.open(f"{functional['app'].absolute_url()}/{path}")
        return browser.contents

    return scrape


@pytest.fixture
def samples(scrape):
    """The values of our metrics, by name and labels without the scope."""

    def samples():
        found = {}
        for name, labels, value in SAMPLE.findall(scrape()):
            texts = (text for key, text in LABEL.findall(labels) if key != "scope")
            found[(name.removeprefix("plone_async_"), *texts)] = float(value)
        return found

    return samples
