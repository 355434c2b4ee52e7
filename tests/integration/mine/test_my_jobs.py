"""One's own jobs: the list, the page of one, and cancelling it."""

import re
from datetime import datetime
from datetime import timedelta
from datetime import timezone

import pytest
import transaction
from overview_fixtures import agent_of
from page_fixtures import NOBODY
from page_fixtures import THEIRS
from page_fixtures import USERS
from plone import api
from plone.app.testing import SITE_OWNER_NAME
from plone.app.testing import TEST_USER_NAME
from plone.base.utils import get_installer
from ZODB.utils import u64
from zope.component.hooks import setSite

from plone.app.async_.forms.places import SIZE
from plone.app.async_.overview import State
from plone.app.async_.overview import line
from plone.app.async_.overview.ids import id_of


EVIL = """<script>alert("x")</script>'"><img src=x onerror=alert(1)>"""
LOGGED_IN = {"member", "editor", "site-admin", "manager", SITE_OWNER_NAME}


def plain(context, *args):
    return args[0] if args else None


def fail(context, message):
    raise ValueError(message)


def own_url(context):
    return context.absolute_url()


@pytest.fixture
def job(service, folder):
    """A job of the test user that waits."""
    job = service.queueJob(plain, folder)
    transaction.commit()
    return job


@pytest.fixture
def mine(reader):
    """The browser of the test user."""
    return reader(TEST_USER_NAME)


def items(html):
    return re.findall('<li class="list-group-item"(.*?)</li>', html, re.S)


def state_of(board, job):
    return board().job(id_of(job)).summary.state


# The list


def test_who_may_see_it(reader, job, their_manager):
    answers = {}
    for user in USERS:
        one = reader(user)
        one.open("@@my-jobs")
        answers[user] = one.status
    assert {user for user, status in answers.items() if status == 200} == LOGGED_IN
    assert answers[NOBODY] == answers[THEIRS] == 401


def test_everybody_sees_only_their_own(mine, reader, job):
    assert len(items(mine.open("@@my-jobs"))) == 1
    for user in LOGGED_IN:
        html = reader(user).open("@@my-jobs")
        assert "There are no jobs of yours here." in html and items(html) == []


def test_the_time_of_a_job_says_of_what_it_is(mine, service, folder, work):
    service.queueJob(plain, folder)
    later = datetime.now(timezone.utc) + timedelta(hours=2)
    service.queueJobWithDelay(None, later, plain, folder)
    work()
    service.queueJob(plain, folder)
    transaction.commit()
    times = [re.search(r"(Queued|Ended|To be started)\s*<time", item)[1] for item in items(mine.open("@@my-jobs"))]
    assert sorted(times) == ["Ended", "Queued", "To be started"]


def test_how_many_jobs_of_anybody_are_before_it(mine, service, folder, job):
    with api.env.adopt_user(SITE_OWNER_NAME):
        service.queueJob(plain, folder)
    later = service.queueJob(plain, folder)
    transaction.commit()
    first, second = items(mine.open("@@my-jobs"))
    assert "Next in line" in first
    assert "Jobs before it: 2" in second and id_of(later) in second


def test_far_behind_only_a_limit_is_known(mine, service, folder, job, monkeypatch):
    monkeypatch.setattr(line, "MOST", 16)
    for _ in range(40):
        service.queueJob(plain, folder)
    transaction.commit()
    assert "Jobs before it: more than " in mine.open("@@my-jobs?start=25")


def test_the_result_is_a_link_for_those_who_may_view_it(mine, service, folder, site, work):
    hidden = "/plone/private"
    with api.env.adopt_roles(["Manager"]):
        api.content.create(site, "Document", "private", "Private").manage_permission("View", ["Manager"])
    results = [
        service.queueJob(own_url, folder),
        service.queueJob(plain, folder, {"url": "http://nohost/plone/work?a=b"}),
        service.queueJob(plain, folder, "/plone/work"),
        service.queueJob(plain, folder, folder),
    ]
    no_links = (hidden, "http://evil.example/plone/work", "/", "//", "http://[x", "//[x", 1)
    others = [service.queueJob(plain, folder, value) for value in no_links]
    work()
    texts = {re.search(r"id=(\d+)", item)[1]: item for item in items(mine.open("@@my-jobs"))}
    for job in results:
        assert '<a href="http://nohost/plone/work">Work</a>' in texts[id_of(job)], job.result
    for job in others:
        assert "Result:" not in texts[id_of(job)]


def test_a_running_job_shows_its_progress(mine, job, queue):
    job.annotations["progress"] = {"done": 42, "total": 100, "message": "<b>42</b>"}
    agent = agent_of(queue)
    transaction.commit()
    agent.claimJob()
    transaction.commit()
    (item,) = items(mine.open("@@my-jobs"))
    assert "42%" in item and "&lt;b&gt;42" in item and "Active" in item


def test_long_lists_have_pages(mine, service, folder):
    for _ in range(SIZE + 1):
        service.queueJob(plain, folder)
    transaction.commit()
    first = mine.open("@@my-jobs")
    assert len(items(first)) == SIZE and f"@@my-jobs?start={SIZE}" in first
    last = mine.open(f"@@my-jobs?start={SIZE}")
    assert len(items(last)) == 1 and 'rel="prev"' in last and 'rel="next"' not in last


@pytest.mark.parametrize("wrong", ["start=-1", "start=x", "offset:list=1"])
def test_parameters_without_a_meaning(mine, wrong, folder):
    mine.open(f"@@my-jobs?{wrong}")
    assert mine.status == 400


def test_reading_writes_nothing(mine, job, site):
    mine.open("@@my-jobs")  # Plone's own portlets write when they are shown for the first time
    before = site._p_jar.db().lastTransaction()
    assert items(mine.open("@@my-jobs"))
    mine.open(f"@@my-job?id={id_of(job)}")
    assert mine.status == 200
    assert site._p_jar.db().lastTransaction() == before


# The page of one


def test_the_page_of_a_job_tells_nothing_of_workers_and_code(mine, service, folder, work):
    job = service.queueJob(fail, folder, "No such file")
    work()
    html = mine.open(f"@@my-job?id={id_of(job)}")
    assert "No such file" in html and "Ended" in html
    assert "raise ValueError" not in html and "12345678-1234" not in html


def test_jobs_of_others_are_not_found(mine, reader, service, job, folder, site, other_site):
    with api.env.adopt_user(SITE_OWNER_NAME):
        others = service.queueJob(plain, folder)
    setSite(other_site)
    elsewhere = service.queueJob(plain, other_site)
    setSite(site)
    transaction.commit()
    for wrong in (id_of(others), id_of(elsewhere), str(u64(site._p_oid)), "0", "x", ""):
        mine.open(f"@@my-job?id={wrong}")
        assert mine.status == 404, wrong
    manager = reader("manager")
    manager.open(f"@@my-job?id={id_of(job)}")
    assert manager.status == 404
    anonymous = reader(NOBODY)
    anonymous.open(f"@@my-job?id={id_of(job)}")
    assert anonymous.status == 401


def test_K85_nothing_of_a_job_is_markup(mine, service, folder, work, site):
    with api.env.adopt_roles(["Manager"]):
        evil = api.content.create(site, "Document", "evil", EVIL)
    job = service.queueJob(fail, evil, EVIL)
    fine = service.queueJob(plain, evil, EVIL)
    linked = service.queueJob(own_url, evil)
    work()
    pages = ["@@my-jobs", *(f"@@my-job?id={id_of(each)}" for each in (job, fine, linked))]
    for html in map(mine.open, pages):
        assert "&lt;script&gt;" in html
        assert "<script>alert" not in html and "<img src=x" not in html


# Cancelling


def test_a_user_cancels_a_job_of_their_own(mine, job, board):
    mine.browser.followRedirects = True
    mine.open("@@my-jobs")
    mine.browser.getForm(action="http://nohost/plone/@@my-job-cancel").submit()
    transaction.begin()
    assert mine.browser.url == "http://nohost/plone/@@my-jobs"
    assert "The job was cancelled." in mine.contents
    assert state_of(board, job) is State.CANCELLED


def test_a_running_job_is_asked_to_end(mine, job, queue, board):
    agent = agent_of(queue)
    transaction.commit()
    agent.claimJob()
    transaction.commit()
    mine.browser.followRedirects = True
    mine.open(f"@@my-job?id={id_of(job)}")
    mine.browser.getForm(action="http://nohost/plone/@@my-job-cancel").submit()
    assert mine.browser.url == f"http://nohost/plone/@@my-job?id={id_of(job)}"
    assert "asked to end" in mine.contents


def token(reader):
    return re.search(r'name="_authenticator" type="hidden" value="(\w+)"', reader.open("@@my-jobs"))[1]


def test_K85_cancelling_needs_a_post_with_an_authenticator(mine, job, board):
    fields = {"id": id_of(job), "_authenticator": token(mine)}
    mine.open("@@my-job-cancel?" + "&".join(f"{name}={value}" for name, value in fields.items()))
    assert mine.status == 403
    mine.post("@@my-job-cancel", id=id_of(job))
    assert mine.status == 403
    mine.post("@@my-job-cancel", id=id_of(job), _authenticator="0" * 40)
    assert mine.status == 403
    transaction.begin()
    assert state_of(board, job) is State.WAITING


def test_jobs_of_others_cannot_be_cancelled(mine, reader, service, folder, job, board):
    with api.env.adopt_user(SITE_OWNER_NAME):
        others = service.queueJob(plain, folder)
    transaction.commit()
    mine.post("@@my-job-cancel", id=id_of(others), _authenticator=token(mine))
    transaction.begin()
    assert mine.status == 303 and state_of(board, others) is State.WAITING
    anonymous = reader(NOBODY)
    anonymous.post("@@my-job-cancel", id=id_of(job))
    assert anonymous.status == 401


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "../x", "javascript:alert(1)"])
def test_the_way_back_leads_into_the_site(mine, job, elsewhere):
    mine.post("@@my-job-cancel", id=id_of(job), _authenticator=token(mine), came_from=elsewhere)
    assert mine.browser.headers["location"] == "http://nohost/plone/@@my-jobs"


# The way there


def test_the_user_menu_leads_there_where_the_add_on_is_installed(mine, reader, site):
    assert "@@my-jobs" not in mine.open("")
    assert get_installer(site).install_product("plone.app.async")
    transaction.commit()
    assert 'href="http://nohost/plone/@@my-jobs"' in mine.open("")
    assert "@@my-jobs" not in reader(NOBODY).open("")

    assert get_installer(site).uninstall_product("plone.app.async")
    transaction.commit()
    assert "@@my-jobs" not in mine.open("")
