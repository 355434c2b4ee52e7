"""What is done from the control panel, by whom, and only by a POST that was meant."""

import re

import pytest
import transaction
from overview_fixtures import agent_of
from panel_jobs import succeed
from plone.app.testing import SITE_OWNER_NAME
from zope.component.hooks import setSite

from plone.app.async_.overview import State
from plone.app.async_.overview.ids import id_of


ACTION, QUEUE_ACTION = "@@manage-job-action", "@@manage-queue-action"


@pytest.fixture
def state(board):
    """Gives the state of a job of the site, as committed; None if it is forgotten."""

    def state(job_id):
        transaction.begin()
        job = board().job(job_id)
        return job and job.summary.state

    return state


def post(page, view, *pairs, token=True):
    """Post what no form need have offered; with the user's own authenticator, if wanted."""
    if token:
        page.visit()
        found = re.search(r'name="_authenticator"[^>]*value="(\w+)"', page.contents)
        pairs = [*pairs, ("_authenticator", found[1] if found else "none")]
    page.post(f"{page.site}/{view}", "&".join(f"{name}={value}" for name, value in pairs))
    return page


# Jobs


def test_P40_a_failed_job_is_queued_again_from_its_row(window, jobs, state):
    page = window().visit("@@manage-job-queue?state=failed")
    page.getControl(name="one", index=0).click()
    assert state(jobs["failed"]) is State.WAITING
    assert page.url.endswith("@@manage-job-queue?state=failed#jobs") and "Done." in page.contents


def test_a_job_is_deleted_after_a_question(window, jobs, state):
    page = window().visit("@@manage-job-queue?state=succeeded")
    page.getControl("Delete", index=1).click()
    assert "Delete this job?" in page.contents and state(jobs["done"]) is State.SUCCEEDED
    page.getControl("Delete").click()
    assert state(jobs["done"]) is None
    assert page.url.endswith("@@manage-job-queue?state=succeeded#jobs")


def test_K42_a_job_is_cancelled_with_a_reason(window, jobs, state, board):
    page = window().visit("@@manage-job-queue?state=waiting")
    page.getControl("Cancel", index=1).click()
    assert "Cancel this job?" in page.contents and "if it waits, it ends now" in page.contents
    page.getControl("Reason").value = "not needed"
    page.getControl("Cancel the job").click()
    assert "Done." in page.contents
    assert state(jobs["waiting"]) is State.CANCELLED
    assert board().job(jobs["waiting"]).failure.message == "by manager: not needed"


def test_of_a_running_job_it_is_said_that_it_was_only_asked_to_end(window, queue, jobs, state):
    agent = agent_of(queue)
    transaction.commit()
    agent.claimJob()
    transaction.commit()
    page = window().visit("@@manage-job-queue?state=active")
    page.getControl("Cancel", index=1).click()
    page.getControl("Cancel the job").click()
    assert "The job was asked to end" in page.contents and "Done." not in page.contents
    assert state(jobs["waiting"]) is State.ACTIVE


def test_a_question_can_be_left(window, jobs, state):
    page = window().visit("@@manage-job-queue?state=waiting")
    page.getControl("Cancel", index=1).click()
    page.getLink("Go back").click()
    assert page.listed == [jobs["waiting"]] and state(jobs["waiting"]) is State.WAITING


def test_a_priority_is_asked_for(window, jobs, board):
    page = window().visit("@@manage-job-queue?state=waiting")
    page.getControl("Change priority", index=1).click()
    page.getControl("Priority").value = "-7"
    page.getControl("Change").click()
    transaction.begin()
    assert board().job(jobs["waiting"]).summary.priority == -7


def test_selected_jobs(window, jobs, state):
    page = window().visit()
    page.choose(jobs["failed"], jobs["done"])
    page.press("retry")
    assert "Jobs changed: 1; not possible: 1." in page.contents
    assert (state(jobs["failed"]), state(jobs["done"])) == (State.WAITING, State.SUCCEEDED)


def test_all_that_match(window, service, folder, jobs, state):
    more = [id_of(service.queueJob(succeed, folder, number)) for number in range(30)]
    transaction.commit()
    page = window().visit("@@manage-job-queue?callable=succeed&state=waiting")
    page.getControl(name="all").value = ["1"]
    page.press("cancel")
    assert "31" in page.contents and "jobs?" in page.contents and "Jobs that run are asked to end" in page.contents
    page.getControl("Cancel jobs").click()
    assert "Done for 31 jobs." in page.contents
    assert {state(job) for job in (*more, jobs["waiting"])} == {State.CANCELLED}
    assert (state(jobs["failed"]), state(jobs["done"])) == (State.FAILED, State.SUCCEEDED)


def test_nothing_selected(window, jobs):
    page = window().visit()
    page.press("retry")
    assert "Choose at least one job." in page.contents


def test_what_was_done_is_shown(window, jobs):
    page = window().visit("@@manage-job-queue?state=failed")
    page.getControl(name="one", index=0).click()
    assert "What was done" in page.contents and "<td>manager</td>" in page.contents


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("action", "explode"), ("ids", "1")], "no meaning"),
        ([("action", "retry")], "Choose at least one job"),
        ([("action", "retry"), ("ids", "1")], "There is no such job"),
        ([("action", "priority"), ("ids", "1"), ("priority", "high")], "A priority is a whole number"),
        ([("action", "retry"), ("all", "1"), ("state", "bogus")], "no meaning"),
        ([("one", "retry/{done}")], "in the state “Succeeded”"),
    ],
)
def test_what_is_refused_is_explained(window, jobs, state, pairs, message):
    page = post(window(), ACTION, *((name, value.format(**jobs)) for name, value in pairs))
    assert message in page.contents
    assert (state(jobs["failed"]), state(jobs["done"])) == (State.FAILED, State.SUCCEEDED)


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "@@x/../..", "javascript:alert(1)"])
def test_one_comes_back_to_this_site_only(window, jobs, address):
    page = post(window(), ACTION, ("one", f"retry/{jobs['failed']}"), ("came_from", address))
    assert page.url == f"{page.site}/@@manage-job-queue"


# Who may, and how


@pytest.mark.parametrize("user", [None, "member", "editor"])
@pytest.mark.parametrize("pair", [("one", "retry/{failed}"), ("one", "cancel/{waiting}"), ("one", "delete/{done}")])
def test_K85_others_do_nothing(window, jobs, state, user, pair):
    name, value = pair
    post(window(user), ACTION, (name, value.format(**jobs)), ("reason", ""), ("confirmed", "1"))
    assert [state(jobs[each]) for each in jobs] == [State.SUCCEEDED, State.FAILED, State.WAITING]


@pytest.mark.parametrize("view", [ACTION, QUEUE_ACTION])
def test_K85_without_an_authenticator_nothing_is_done(window, jobs, state, queue, view):
    pairs = ("one", f"retry/{jobs['failed']}"), ("action", "pause"), ("queue", "")
    page = post(window(SITE_OWNER_NAME), view, *pairs, token=False)
    assert page.status == 403
    assert state(jobs["failed"]) is State.FAILED and not queue.paused


@pytest.mark.parametrize("view", [ACTION, QUEUE_ACTION])
def test_K85_no_address_does_anything(window, jobs, state, queue, view):
    page = window(SITE_OWNER_NAME).visit()
    token = re.search(r'name="_authenticator"[^>]*value="(\w+)"', page.contents)[1]
    page.visit(f"{view}?one=retry/{jobs['failed']}&action=pause&queue=&_authenticator={token}")
    assert page.status == 403
    assert state(jobs["failed"]) is State.FAILED and not queue.paused


def test_P38_jobs_of_another_site_are_out_of_reach(window, service, site, other_site, jobs):
    setSite(other_site)
    theirs = service.queueJob(succeed, other_site)
    setSite(site)
    transaction.commit()
    for user in "manager", SITE_OWNER_NAME:
        for pairs in [("one", f"cancel/{id_of(theirs)}")], [("action", "cancel"), ("all", "1")]:
            post(window(user), ACTION, *pairs, ("reason", ""), ("confirmed", "1"))
    transaction.begin()
    assert not theirs.is_completed


# Queues


def test_a_queue_is_paused_and_resumed(window, jobs, queue):
    page = window().visit()
    page.getControl("Pause").click()
    transaction.begin()
    assert queue.paused and "is paused" in page.contents
    page.getControl("Resume").click()
    transaction.begin()
    assert not queue.paused and "is paused" not in page.contents


def test_a_quota_is_changed(window, jobs, queue):
    page = window().visit()
    page.getControl(name="size").value = "4"
    page.getControl("Change", index=-1).click()
    transaction.begin()
    assert queue.quotas["default"].size == 4


@pytest.mark.parametrize(
    "pairs",
    [
        [("action", "explode"), ("queue", "")],
        [("action", "pause"), ("queue", "none")],
        [("action", "quota"), ("queue", ""), ("quota", "default"), ("size", "0")],
        [("action", "quota"), ("queue", ""), ("quota", "default"), ("size", "many")],
        [("action", "quota"), ("queue", ""), ("quota", "none"), ("size", "1")],
    ],
)
def test_bad_changes_of_a_queue_change_nothing(window, jobs, queue, pairs):
    page = post(window(), QUEUE_ACTION, *pairs)
    transaction.begin()
    assert "Done." not in page.contents
    assert not queue.paused and queue.quotas["default"].size == 1


def test_one_of_several_sites_does_not_steer_what_all_share(window, other_site, jobs, queue):
    page = window().visit()
    assert "only a manager of the Zope root" in page.contents and "Pause" not in page.contents
    assert post(page, QUEUE_ACTION, ("action", "pause"), ("queue", "")).status == 403
    transaction.begin()
    assert not queue.paused
    post(window(SITE_OWNER_NAME), QUEUE_ACTION, ("action", "pause"), ("queue", ""))
    transaction.begin()
    assert queue.paused
