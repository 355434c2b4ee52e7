"""Jobs are queued by views and by event subscribers."""

import pytest
import transaction
from plone import api
from plone.app.textfield.value import RichTextValue
from recipes.subscribers import count_words
from recipes.views import reindex_tree
from zExceptions import Forbidden
from zope.event import notify
from zope.lifecycleevent import ObjectModifiedEvent

from plone.app.async_.testing import assert_not_queued
from plone.app.async_.testing import assert_queued
from plone.app.async_.testing import drain


def test_the_view_queues_a_job_and_leads_back(browser, folder):
    browser.open(f"{folder.absolute_url()}/@@reindex-tree")
    browser.getControl("Begin").click()
    assert browser.url == folder.absolute_url()
    assert "in the background" in browser.contents
    transaction.begin()
    assert_queued(reindex_tree, folder)
    assert [job.result for job in drain()] == [1]


def test_the_view_wants_an_authenticator(browser, folder):
    with pytest.raises(Forbidden):
        browser.post(f"{folder.absolute_url()}/@@reindex-tree", "")


def test_a_changed_page_is_counted_once(folder):
    page = api.content.create(folder, "Document", "page")
    page.text = RichTextValue("<p>three short words</p>", "text/html", "text/x-html-safe")
    notify(ObjectModifiedEvent(page))
    assert_queued(count_words, page)
    assert [job.result for job in drain()] == [3]
    assert page.words == 3


def test_a_page_without_text_is_not(folder):
    page = api.content.create(folder, "Document", "page")
    notify(ObjectModifiedEvent(page))
    assert_not_queued(count_words)


def change(page):
    notify(ObjectModifiedEvent(page))


def test_what_a_job_changes_queues_nothing(folder, service):
    page = api.content.create(folder, "Document", "page", text=RichTextValue("<p>two words</p>"))
    service.queueJob(change, page)
    drain()
    assert_not_queued(count_words)
