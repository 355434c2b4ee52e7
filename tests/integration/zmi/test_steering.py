"""What the forms in the Control_Panel do."""

from html import unescape

import pytest
import transaction
from overview_fixtures import agent_of
from plone.app.testing import SITE_OWNER_NAME

from plone.app.async_.overview import EVERYTHING
from plone.app.async_.overview import Query
from plone.app.async_.overview import State
from plone.app.async_.overview.ids import id_of
from plone.app.async_.overview.states import state_of
from zc.async_ import clock
from zc.async_.queue import Queue


PANEL = "http://nohost/Control_Panel"


def add(context, *numbers):
    return sum(numbers)


def fail(context):
    raise ValueError("broken")


def state(job):
    transaction.begin()
    return state_of(job, clock.now())


def jobs_form(browser):
    return browser.getForm(action="@@manage-jobs-act")


def choose(browser, action, *jobs):
    """Choose jobs in the list and an action."""
    form = jobs_form(browser)
    form.getControl(name="action").value = [action]
    form.getControl(name="ids").value = [id_of(job) for job in jobs]
    form.getControl("For the chosen jobs").click()


def press(browser, title):
    """Press the button of a job's page, or of a question."""
    jobs_form(browser).getControl(title).click()


@pytest.fixture
def on_jobs(browse):
    def on_jobs(parameters=""):
        browser = browse()
        browser.open(f"{PANEL}/@@manage-jobs?{parameters}")
        return browser

    return on_jobs


@pytest.fixture
def on_job(browse):
    def on_job(job):
        browser = browse()
        browser.open(f"{PANEL}/@@manage-jobs-job?id={id_of(job)}")
        return browser

    return on_job


@pytest.fixture
def waiting(service, folder):
    jobs = [service.queueJob(add, folder, number) for number in range(3)]
    transaction.commit()
    return jobs


@pytest.fixture
def failed(service, folder, work):
    jobs = [service.queueJob(fail, folder) for number in range(3)]
    work()
    return jobs


def test_P40_K42_a_failed_job_is_retried_on_its_page(failed, on_job):
    browser = on_job(failed[0])

    press(browser, "Retry")

    assert browser.url == f"{PANEL}/@@manage-jobs-job?id={id_of(failed[0])}"
    assert "Done." in browser.contents
    assert [state(job) for job in failed] == [State.WAITING, State.FAILED, State.FAILED]


def test_P40_K42_a_waiting_job_is_cancelled_with_a_reason(waiting, on_job, board):
    browser = on_job(waiting[0])

    press(browser, "Cancel")
    assert state(waiting[0]) is State.WAITING
    assert "if it waits, it ends now" in browser.contents
    browser.getControl("Reason").value = "not needed"
    press(browser, "Cancel")

    assert [state(job) for job in waiting] == [State.CANCELLED, State.WAITING, State.WAITING]
    (_, deed), *_others = board(EVERYTHING).history()
    assert (deed.who, deed.what, deed.job, deed.details) == (
        SITE_OWNER_NAME,
        "cancel",
        id_of(waiting[0]),
        "not needed",
    )


def test_P40_of_a_running_job_it_is_said_that_it_was_only_asked_to_end(queue, waiting, on_job):
    agent = agent_of(queue)
    transaction.commit()
    agent.claimJob()
    transaction.commit()
    browser = on_job(waiting[0])

    press(browser, "Cancel")
    press(browser, "Cancel")

    assert "The job was asked to end" in browser.contents and "Done." not in browser.contents
    assert state(waiting[0]) is State.ACTIVE


def test_P40_a_deleted_job_leads_back_to_the_list(failed, on_job, board):
    browser = on_job(failed[0])

    press(browser, "Delete")
    assert "cannot be undone" in browser.contents
    press(browser, "Delete")

    assert browser.url == f"{PANEL}/@@manage-jobs"
    transaction.begin()
    assert board(EVERYTHING).jobs(Query(states=frozenset({State.FAILED}))).total == 2


def test_P40_chosen_jobs_get_another_priority(waiting, on_jobs):
    browser = on_jobs()

    choose(browser, "priority", *waiting[:2])
    browser.getControl(name="priority").value = "7"
    press(browser, "Change priority")

    transaction.begin()
    assert [job.priority for job in waiting] == [7, 7, 0]
    assert "Done for 2 jobs." in browser.contents


def test_P40_K42_all_jobs_that_match_are_retried(failed, waiting, on_jobs):
    browser = on_jobs("callable=fail")

    form = jobs_form(browser)
    form.getControl(name="action").value = ["retry"]
    form.getControl("For all that match the filter").click()

    assert browser.url == f"{PANEL}/@@manage-jobs?callable=fail"
    assert "Done for 3 jobs." in browser.contents
    assert {state(job) for job in failed} == {State.WAITING}


def test_P40_K42_all_jobs_that_match_are_deleted_after_a_question(failed, waiting, on_jobs, board):
    browser = on_jobs("callable=fail")

    form = jobs_form(browser)
    form.getControl(name="action").value = ["delete"]
    form.getControl("For all that match the filter").click()
    assert "It concerns <strong>3</strong> jobs." in " ".join(browser.contents.split())
    press(browser, "Delete")

    transaction.begin()
    assert board(EVERYTHING).jobs(Query(states=frozenset({State.FAILED}))).total == 0
    assert {state(job) for job in waiting} == {State.WAITING}


def test_P40_choosing_no_job_changes_nothing(waiting, on_jobs):
    browser = on_jobs()

    choose(browser, "cancel")

    assert "Choose at least one job." in browser.contents
    assert {state(job) for job in waiting} == {State.WAITING}


def test_P40_what_a_state_does_not_allow_is_refused(waiting, on_jobs):
    browser = on_jobs()

    choose(browser, "retry", waiting[0])

    assert "This cannot be done to a job in the state “Waiting”." in unescape(browser.contents)
    assert state(waiting[0]) is State.WAITING


def test_P40_a_queue_is_paused_and_resumed(queue, waiting, on_jobs):
    browser = on_jobs()

    browser.getControl("Pause").click()
    transaction.begin()
    assert queue.paused
    assert "The queue is paused" in browser.contents

    browser.getControl("Resume").click()
    transaction.begin()
    assert not queue.paused


def test_a_queue_that_is_called_as_the_one_without_a_name_is_shown(queue, waiting, on_jobs):
    queue.parent["default"] = Queue()
    transaction.commit()
    browser = on_jobs()

    browser.getControl("Pause", index=1).click()
    transaction.begin()
    assert (queue.paused, queue.parent["default"].paused) == (False, True)

    browser.getControl("Pause").click()
    transaction.begin()
    assert (queue.paused, queue.parent["default"].paused) == (True, True)


@pytest.mark.parametrize(("size", "expected"), [("4", 4), ("0", 1), ("1001", 1)])
def test_P40_a_quota_gets_another_size_within_limits(queue, waiting, on_jobs, size, expected):
    browser = on_jobs()

    form = browser.getForm(action="@@manage-jobs-queue", index=1)
    form.getControl(name="size").value = size
    form.getControl("Change").click()

    transaction.begin()
    assert queue.quotas["default"].size == expected


@pytest.mark.parametrize("elsewhere", ["http://example.org/", "//example.org", "@@x/../../y", "/plone"])
def test_P40_K42_a_form_leads_to_no_other_place(waiting, on_jobs, elsewhere):
    browser = on_jobs()

    form = browser.getForm(action="@@manage-jobs-queue", index=0)
    form.getControl(name="came_from").value = elsewhere
    form.getControl("Pause").click()

    assert browser.url == f"{PANEL}/@@manage-jobs"
