"""What the control panel shows, and to whom."""

import re
from html import unescape

import pytest
import transaction
from overview_fixtures import WORKER
from overview_fixtures import agent_of
from overview_fixtures import oust
from panel_jobs import fail
from panel_jobs import succeed
from plone.app.testing import SITE_OWNER_NAME
from plone.app.testing import TEST_USER_ID
from zope.component.hooks import setSite

from plone.app.async_.overview import counts
from plone.app.async_.overview import listing
from plone.app.async_.overview.ids import id_of
from zc.async_ import history
from zc.async_.interfaces import KEY
from zc.async_.queue import Queue


NASTY = "<script>alert('&quot;')</script>"


def id_of_committed(job):
    transaction.commit()
    return id_of(job)


@pytest.mark.parametrize("user", ["site-admin", "manager", SITE_OWNER_NAME])
def test_K86_managers_see_the_jobs_of_the_site(window, jobs, user):
    page = window(user).visit()
    assert page.status == 200
    assert page.listed == [jobs["waiting"], jobs["failed"], jobs["done"]]
    assert f"@@manage-job?id={jobs['failed']}" in page.contents
    assert "ValueError: too bad" in page.contents


@pytest.mark.parametrize("user", [None, "member", "editor"])
def test_K86_others_see_nothing(window, jobs, user):
    page = window(user).visit()
    assert jobs["failed"] not in page.contents and "too bad" not in page.contents


def test_P38_jobs_of_another_site_are_invisible(window, service, site, other_site, jobs):
    setSite(other_site)
    theirs = id_of(service.queueJob(succeed, other_site))
    setSite(site)
    transaction.commit()

    assert theirs not in window().visit().contents
    assert window(SITE_OWNER_NAME, other_site).visit().listed == [theirs]
    refused = window("manager", other_site).visit()
    assert theirs not in refused.contents


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ("", ["waiting", "failed", "done"]),
        ("state=failed", ["failed"]),
        ("state=failed&state=waiting", ["waiting", "failed"]),
        ("callable=FAIL", ["failed"]),
        (f"user={TEST_USER_ID}&state=succeeded", ["done"]),
        ("text=too+bad", ["failed"]),
        ("queue=default&state=waiting", ["waiting"]),
        ("sort_on=queued", ["done", "failed", "waiting"]),
        ("sort_on=queued&sort_order=descending", ["waiting", "failed", "done"]),
        ("start=2", ["done"]),
    ],
)
def test_filters_and_orders(window, jobs, parameters, found):
    page = window().visit(f"@@manage-job-queue?{parameters}")
    assert page.listed == [jobs[name] for name in found]


@pytest.mark.parametrize("parameters", ["state=bogus", "sort_on=bogus", "start=-1", "offset=x", "text=a&text=b"])
def test_filters_without_a_meaning_are_refused(window, jobs, parameters):
    assert window().visit(f"@@manage-job-queue?{parameters}").status == 400


def test_the_filter_is_a_form_that_remembers(window, jobs):
    page = window().visit()
    page.getControl("Failed").selected = True
    page.getControl("Function").value = "fail"
    page.getControl("Filter").click()
    assert page.listed == [jobs["failed"]]
    assert page.getControl("Failed").selected and not page.getControl("Waiting").selected
    assert page.getControl("Function").value == "fail"

    page.getControl("Function").value = "none"
    page.getControl("Filter").click()
    assert "No job matches" in page.contents
    page.getLink("Show all").click()
    assert len(page.listed) == 3


def test_columns_sort_both_ways_and_keep_the_filter(window, jobs):
    page = window().visit("@@manage-job-queue?state=failed&state=succeeded")
    assert "aria-sort" not in page.contents
    for order, found in ("ascending", ["done", "failed"]), ("descending", ["failed", "done"]):
        page.getLink("Queued").click()
        assert page.listed == [jobs[name] for name in found]
        assert f'aria-sort="{order}"' in page.contents
    page.getLink("Queued").click()
    assert "aria-sort" not in page.contents and "state=failed" in page.url


def test_long_lists_have_pages(window, service, folder):
    for number in range(30):
        service.queueJob(succeed, folder, number)
    transaction.commit()
    page = window().visit()
    first = page.listed
    page.getLink("Next").click()
    assert (len(first), len(page.listed)) == (25, 5)
    assert "26\N{EN DASH}30" in page.contents and not set(first) & set(page.listed)
    page.getLink("Previous").click()
    assert page.listed == first


def test_what_is_not_looked_at_can_be(window, service, folder, jobs, monkeypatch):
    monkeypatch.setattr(listing, "WINDOW", 1)
    waiting = id_of_committed(service.queueJob(fail, folder))
    page = window().visit("@@manage-job-queue?callable=fail")
    seen = page.listed
    while "Look further" in page.contents:
        page.getLink("Look further").click()
        seen += page.listed
    # An action on all begins with the first jobs, not with those of this page.
    assert "All that match" in page.contents
    assert seen == [waiting, jobs["failed"]]
    page.getLink("From the beginning").click()
    assert page.listed == [waiting] and "offset" not in page.url


def test_K85_texts_of_others_are_text(window, service, site, folder, board, work):
    site.portal_membership.getMemberById(TEST_USER_ID).setMemberProperties({"fullname": f"Jane {NASTY}"})
    service.getQueues()[NASTY] = Queue()
    service.getQueues()[""].quotas.create(NASTY)
    job = service.queueJob(fail, folder, NASTY)
    work()
    history.record(service.getQueues()[""], NASTY, NASTY, details=NASTY)
    transaction.commit()
    page = window().visit(f"@@manage-job-queue?state=failed&text={NASTY[:8]}")
    assert page.listed == [id_of(job)]
    assert "<script>alert" not in page.contents and "<b>" not in page.contents
    for place in "ValueError: ", "Jane ", 'value="', "<td>":
        assert f"{place}&lt;script&gt;alert(" in page.contents


def test_reading_writes_nothing(window, site, jobs):
    page = window()
    for _round in "first", "then":
        # On its first pages Plone itself notes something in its portlets.
        before = site._p_jar.db().lastTransaction()
        for parameters in "", "?state=failed&sort_on=queued", "?ajax_load=1":
            assert page.visit(f"@@manage-job-queue{parameters}").status == 200
    assert site._p_jar.db().lastTransaction() == before


def test_nobody_has_queued_a_job_yet(window, site):
    page = window().visit()
    assert "There are no jobs of this site" in page.contents
    assert "No worker has started yet" in page.contents
    assert "ZC_ASYNC_UUID" in page.contents and "zcml-additional" in page.contents
    assert 'file="single_db_worker.zcml"' in unescape(page.contents)
    shown = " ".join(page.contents.split())
    assert "bin/worker start" in shown and "plone-async worker worker/etc/zope.conf" in shown and "site.zcml" in shown
    assert KEY not in site._p_jar.root()


def test_a_worker_that_was_stopped_is_to_be_started_again_not_set_up(window, queue):
    agent_of(queue)
    queue.dispatchers[WORKER].deactivate()
    transaction.commit()
    page = window().visit()
    shown = " ".join(page.contents.split())
    assert "No worker is alive" in shown and "started again" in shown
    assert "bin/worker start" in shown and "plone-async worker worker/etc/zope.conf" in shown
    assert "ZC_ASYNC_UUID" not in shown and "zcml-additional" not in shown


def test_overview_queues_workers_and_quotas(window, service, folder, work, queue, jobs):
    queue.paused = True
    queue.quotas.create("mail", 7)
    oust(queue, "worker-<2>")
    transaction.commit()
    page = window().visit()
    shown = " ".join(page.contents.split())
    assert "No worker" not in page.contents
    assert "The queue" in page.contents and "is paused" in page.contents
    assert "12345678-1234-4234-8234-123456789abc" in page.contents
    assert "process 4711 on worker-1, version 2.0.0" in shown
    assert "Process 9 on worker-&lt;2&gt; has the same identity" in shown
    assert 'id="quota--mail"' in page.contents
    assert "<svg" in page.contents and "As a table" in page.contents
    assert "Waiting:" in shown


def test_charts_tell_since_when_they_are_complete(window, service, folder, work, monkeypatch):
    monkeypatch.setattr(counts, "WINDOW", 1)
    for number in range(20):
        service.queueJob(succeed, folder, number)
    work()
    page = window().visit()
    assert "the charts tell only of those since" in page.contents
    assert re.search(r"\d\+", page.contents)
