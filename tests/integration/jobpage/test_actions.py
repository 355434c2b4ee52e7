"""What the forms on the page of a job do."""

import pytest
import transaction

from plone.app.async_.overview import State
from plone.app.async_.overview.ids import id_of


ACTION = "http://nohost/plone/@@manage-job-action"


def fail(context):
    raise ValueError("No")


def plain(context):
    return None


@pytest.fixture
def job(service, folder):
    job = service.queueJob(plain, folder)
    transaction.commit()
    return job


@pytest.fixture
def failed(service, folder, work):
    job = service.queueJob(fail, folder)
    work()
    return job


@pytest.fixture
def press(reader):
    """Has a manager fill in one of the forms on the page of a job and send it; gives the browser."""

    def press(job, action, **fields):
        browser = reader("manager").browser
        browser.followRedirects = True
        browser.open(f"http://nohost/plone/@@manage-job?id={id_of(job)}")
        form = form_of(browser, action)
        for name, value in fields.items():
            form.getControl(name=name).value = value
        form.getControl(name="action").click()
        transaction.begin()
        return browser

    return press


def form_of(browser, action):
    forms = [browser.getForm(index=index) for index in range(browser.contents.count("<form"))]
    (form,) = [each for each in forms if each.action == ACTION and f'value="{action}"' in str(each._form.html)]
    return form


def summary(board, job):
    details = board().job(id_of(job))
    return None if details is None else details.summary


def test_P40_a_failed_job_is_queued_again(press, failed, board):
    browser = press(failed, "retry")
    assert browser.url == f"http://nohost/plone/@@manage-job?id={id_of(failed)}"
    assert "Done." in browser.contents and "Queued again" in browser.contents
    assert summary(board, failed).state is State.WAITING


def test_P40_a_waiting_job_is_cancelled_and_the_reason_kept(press, job, board):
    browser = press(job, "cancel", reason="<b>No longer</b> needed")
    assert summary(board, job).state is State.CANCELLED
    assert "by manager: &lt;b&gt;No longer&lt;/b&gt; needed" in browser.contents


def test_the_priority_is_changed(press, job, board):
    browser = press(job, "priority", priority="7")
    assert summary(board, job).priority == 7
    assert "priority 7, by manager" in browser.contents


def test_a_job_is_deleted_and_the_reader_is_back_in_the_list(press, failed, board):
    browser = press(failed, "delete", confirmed=["1"])
    assert summary(board, failed) is None
    assert browser.url == "http://nohost/plone/@@manage-job-queue"
    assert "Done." in browser.contents


def test_nothing_is_deleted_unless_that_is_confirmed(press, failed, board):
    browser = press(failed, "delete")
    assert summary(board, failed).state is State.FAILED
    assert browser.url == ACTION
