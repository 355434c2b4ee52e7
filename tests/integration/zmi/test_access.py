"""Who may open and post what: managers of the Zope root, and nobody else."""

import pytest
import transaction
from plone.app.testing import SITE_OWNER_NAME

from plone.app.async_.overview.ids import id_of


VIEWS = ("@@manage-jobs", "@@manage-jobs-job", "@@manage-jobs-act", "@@manage-jobs-queue")

OTHERS = (
    None,
    "site Member",
    "site Site Administrator",
    "site Manager",
    "root guest",
    "root guest, manager of the site",
)


def add(context, *numbers):
    return sum(numbers)


@pytest.fixture
def job(service, folder):
    job = service.queueJob(add, folder, 1)
    transaction.commit()
    return id_of(job)


@pytest.mark.parametrize("user", OTHERS)
@pytest.mark.parametrize("path", ["", "plone/", "plone/work/"])
def test_P40_K42_only_managers_of_the_root_may_open_the_pages(browse, job, user, path):
    browser = browse(user)
    browser.followRedirects = False

    for view in VIEWS:
        browser.open(f"http://nohost/{path}Control_Panel/{view}?id={job}")

        status = browser.headers["status"][:3]
        assert status == "401" or (status == "302" and "require_login" in browser.headers["location"])


@pytest.mark.parametrize("path", ["", "plone/", "plone/work/"])
def test_P40_K42_managers_of_the_root_may(browse, job, path):
    browser = browse(SITE_OWNER_NAME)

    browser.open(f"http://nohost/{path}Control_Panel/@@manage-jobs")
    browser.getLink(job).click()

    assert browser.headers["status"].startswith("200")
    assert "Job " in browser.contents


@pytest.mark.parametrize("user", OTHERS)
def test_P40_K42_nobody_else_steers(queue, browse, job, user):
    browser = browse(user)

    for path in "", "plone/":
        browser.post(f"http://nohost/{path}Control_Panel/@@manage-jobs-queue", "queue=default&action=pause")
        browser.post(
            f"http://nohost/{path}Control_Panel/@@manage-jobs-act", f"ids={job}&action=cancel&confirmed=1&reason=no"
        )

    transaction.begin()
    assert not queue.paused
    assert len(queue) == 1


@pytest.mark.parametrize(
    ("view", "form"),
    [
        ("@@manage-jobs-queue", "queue=default&action=pause"),
        ("@@manage-jobs-act", "ids={job}&action=cancel&confirmed=1&reason=no"),
    ],
)
def test_P40_K42_only_our_own_forms_steer(queue, browse, job, view, form):
    browser = browse()
    address, sent = f"http://nohost/Control_Panel/{view}", form.format(job=job)

    for attempt in sent, f"{sent}&_authenticator=", f"{sent}&_authenticator=1234":
        browser.post(address, attempt)
        assert browser.headers["status"].startswith("403")
    browser.open("http://nohost/Control_Panel/@@manage-jobs")
    token = browser.getControl(name="_authenticator", index=0).value
    browser.open(f"{address}?{sent}&_authenticator={token}")

    assert browser.headers["status"].startswith("403")
    transaction.begin()
    assert not queue.paused
    assert len(queue) == 1


@pytest.mark.parametrize("user", ["site Manager", "root guest, manager of the site"])
def test_P40_the_tab_is_for_managers_of_the_root(browse, user):
    browser = browse(user)

    browser.open("http://nohost/plone/manage_main")

    assert browser.headers["status"].startswith("200")
    assert "@@manage-jobs" not in browser.contents
