"""What the Undo log says about a job."""

import pytest
import transaction
from plone.app.testing import SITE_OWNER_NAME
from plone.app.testing import login
from plone.app.testing import logout
from zope.component import getGlobalSiteManager
from zope.component import provideHandler

from plone.app.async_.interfaces import IJobSuccess


def commit_twice(context):
    """In between, the first object of the new transaction joins it without ``begin()``."""
    context.setTitle("First")
    transaction.commit()
    context.setTitle("Second")
    transaction.commit()
    transaction.begin()
    context.setTitle("Third")
    transaction.get().note("by hand")


def commit_and_fail(context):
    commit_twice(context)
    raise ValueError


def commit_as_another(context):
    transaction.commit()
    transaction.get().setUser("robot")
    context.setTitle("Mine")


@pytest.fixture
def undo_log(site):
    """User and note of each transaction of the storage since now, in their order."""

    def entries():
        found = site._p_jar.db().storage.changes.iterator()
        return {entry.tid: (entry.user.decode(), entry.description.decode()) for entry in found}

    before = entries()
    return lambda: [entry for tid, entry in entries().items() if tid not in before]


def signed(undo_log, function):
    note = f"job {__name__}.{function.__name__} on /plone/work"
    return [(user, text.removeprefix(note)) for user, text in undo_log() if text.startswith(note)]


def test_each_commit_of_a_job_is_signed(service, folder, run, undo_log):
    run(service.queueJob(commit_twice, folder))
    user = "plone test_user_1_"
    assert signed(undo_log, commit_twice) == [(user, ""), (user, ""), (user, "\nby hand")]


def test_commits_before_a_failure_are_signed(service, folder, run, undo_log):
    run(service.queueJob(commit_and_fail, folder))
    assert len(signed(undo_log, commit_and_fail)) == 2


@pytest.mark.parametrize(
    ("become", "user"),
    [
        (lambda site: login(site, "jane"), "plone jane"),
        (lambda site: login(site.aq_parent, SITE_OWNER_NAME), f" {SITE_OWNER_NAME}"),
        (lambda site: logout(), " Anonymous User"),
    ],
)
def test_the_user_is_written_as_the_publisher_does(service, site, folder, run, undo_log, become, user):
    become(site)
    run(service.queueJob(commit_twice, folder))
    assert {entry[0] for entry in signed(undo_log, commit_twice)} == {user}


def test_a_job_may_sign_for_somebody_else(service, folder, run, undo_log):
    run(service.queueJob(commit_as_another, folder))
    assert ("/ robot", "") in signed(undo_log, commit_as_another)


def test_what_subscribers_write_is_signed(service, folder, run, undo_log):
    def note_success(event):
        folder_of_job = event.job._p_jar.root()["Application"]["plone"]["work"]
        folder_of_job.setTitle("Done")

    provideHandler(note_success, [IJobSuccess])
    try:
        run(service.queueJob(commit_twice, folder))
    finally:
        getGlobalSiteManager().unregisterHandler(note_success, [IJobSuccess])
    assert len(signed(undo_log, commit_twice)) == 4


def test_later_transactions_of_the_thread_are_not_signed(service, folder, run_here):
    run_here(service.queueJob(commit_twice, folder))
    run_here(service.queueJob(commit_and_fail, folder))
    here = transaction.begin()
    folder.setTitle("Elsewhere")
    transaction.commit()
    assert (here.user, here.description) == ("", "")
