"""The jobs of a page, shown above it."""

import pytest
import transaction
from overview_fixtures import agent_of
from page_fixtures import MANAGERS
from page_fixtures import NOBODY
from page_fixtures import USERS
from plone import api
from plone.app.testing import TEST_USER_NAME
from plone.base.utils import get_installer

from plone.app.async_.browser.viewlet.viewlet import LOOKED_AT
from plone.app.async_.browser.viewlet.viewlet import MOST
from plone.app.async_.overview.ids import id_of


HEADING = "Jobs for this page are under way"


def plain(context, *args):
    return None


@pytest.fixture
def page(folder):
    """A page that everybody may view."""
    with api.env.adopt_roles(["Manager"]):
        page = api.content.create(folder, "Document", "page", "Page")
        folder.manage_permission("View", ["Anonymous"])
        page.manage_permission("View", ["Anonymous"])
        folder.manage_permission("Access contents information", ["Anonymous"])
        page.manage_permission("Access contents information", ["Anonymous"])
    transaction.commit()
    return page


def shown(reader, user, path="work/page"):
    html = reader(user).open(path)
    assert "Page</h1>" in html
    return html.split(HEADING)[1].split("</section>")[0] if HEADING in html else None


def test_a_job_is_shown_to_its_owner_and_to_managers(reader, service, page):
    job = service.queueJob(plain, page)
    transaction.commit()

    seen = {user: shown(reader, user) for user in (*USERS[:-1], TEST_USER_NAME)}
    assert {user for user, html in seen.items() if html} == {*MANAGERS, TEST_USER_NAME}
    assert f"http://nohost/plone/@@manage-job?id={id_of(job)}" in seen["manager"]
    assert f"http://nohost/plone/@@my-job?id={id_of(job)}" in seen[TEST_USER_NAME]


def test_jobs_for_other_pages_and_those_that_ended_are_not_shown(reader, service, page, folder, work):
    service.queueJob(plain, page)
    work()
    service.queueJob(plain, folder)
    transaction.commit()
    assert shown(reader, "manager") is None


def test_a_running_job_shows_how_far_it_is(reader, service, page, queue):
    job = service.queueJob(plain, page)
    job.annotations["progress"] = {"done": 50, "total": 100, "message": "<b>half</b>"}
    agent = agent_of(queue)
    transaction.commit()
    agent.claimJob()
    transaction.commit()
    html = shown(reader, TEST_USER_NAME)
    assert "Active" in html and 'value="50"' in html and "&lt;b&gt;half" in html


def test_a_page_is_found_where_it_was_moved(reader, service, page, folder):
    service.queueJob(plain, page)
    with api.env.adopt_roles(["Manager"]):
        api.content.rename(page, "moved")
    transaction.commit()
    assert shown(reader, TEST_USER_NAME, "work/moved")


def test_many_jobs_cost_no_more_than_a_few(reader, service, page, folder):
    for _ in range(MOST + 2):
        service.queueJob(plain, page)
    for _ in range(LOOKED_AT):
        service.queueJob(plain, folder)
    service.queueJob(plain, page, "too far back")
    transaction.commit()
    assert shown(reader, TEST_USER_NAME).count("<li>") == MOST


def test_it_is_not_shown_while_a_page_is_edited(reader, service, page):
    service.queueJob(plain, page)
    transaction.commit()
    html = reader("manager").open("work/page/edit")
    assert "form" in html and HEADING not in html


def test_anonymous_sees_nothing(reader, service, page):
    service.queueJob(plain, page)
    transaction.commit()
    html = reader(NOBODY).open("work/page")
    assert "Page</h1>" in html and HEADING not in html


def test_without_any_queue_nothing_is_written(reader, page, site):
    assert shown(reader, "manager") is None  # Plone's own portlets write when they are shown for the first time
    before = site._p_jar.db().lastTransaction()
    assert shown(reader, "manager") is None
    assert site._p_jar.db().lastTransaction() == before


def test_a_site_without_the_add_on_shows_nothing(reader, service, page, site):
    service.queueJob(plain, page)
    assert get_installer(site).uninstall_product("plone.app.async")
    transaction.commit()
    assert shown(reader, "manager") is None
