"""The page of a job: what it tells, to whom, and what can be done from it."""

import logging
import re
from datetime import datetime
from datetime import timedelta
from datetime import timezone

import pytest
import transaction
from overview_fixtures import agent_of
from page_fixtures import MANAGERS
from page_fixtures import NOBODY
from page_fixtures import THEIRS
from page_fixtures import USERS
from plone import api
from plone.app.testing import SITE_OWNER_NAME
from plone.app.testing import TEST_USER_ID
from ZODB.utils import u64
from zope.component.hooks import setSite

from plone.app.async_ import Job
from plone.app.async_.overview.ids import id_of
from zc.async_.job import Job as EngineJob
from zc.async_.retry import RetryWithBackoff


EVIL = """<script>alert("x")</script>'"><img src=x onerror=alert(1)>"""


def add(context, one, two=0, password=""):
    return one + two


def fail(context, message):
    raise ValueError(message)


def warn(context):
    logging.getLogger("my.addon").warning("Skipped %s", EVIL)


def plain(*args, **kwargs):
    return None


def path_of(context):
    return "/".join(context.getPhysicalPath())


@pytest.fixture
def page(reader):
    """Gives what a user reads on the page of a job."""

    def page(job, user="manager"):
        return reader(user).open(f"@@manage-job?id={id_of(job)}")

    return page


@pytest.fixture
def job(service, folder):
    job = service.queueJob(add, folder, 1, two=2, password="s3cr3t")
    transaction.commit()
    return job


def test_a_waiting_job_tells_what_it_does_and_why_it_waits(page, job):
    html = page(job)
    for text in (f"{__name__}.add", TEST_USER_ID, "Default queue", "No worker has ever started", "one", "Waiting"):
        assert text in html
    assert "s3cr3t" not in html
    assert '<a href="http://nohost/plone/work">Work</a>' in html


def test_K86_it_leads_back_to_the_list(page, job):
    assert 'href="http://nohost/plone/@@manage-job-queue"' in page(job)


def test_the_content_is_found_where_it_is_now_and_missed_when_it_is_gone(page, job, site):
    with api.env.adopt_roles(["Manager"]):
        api.content.rename(site["work"], "moved")
    transaction.commit()
    assert '<a href="http://nohost/plone/moved">Work</a>' in page(job)

    with api.env.adopt_roles(["Manager"]):
        api.content.delete(site["moved"])
    transaction.commit()
    assert "(not there, or not for you to view)" in page(job)


def test_a_completed_job_tells_its_result_and_its_course(page, job, work):
    work()
    html = page(job)
    assert "Succeeded" in html and "<pre>3</pre>" in html
    steps = re.search('<ol class="job-steps">(.*?)</ol>', html, re.S)[1]
    assert re.findall("<strong>(.*?)</strong>", steps) == ["Queued", "Started", "Ended"]
    assert steps.count("12345678-1234-4234-8234-123456789abc") == 2


def test_what_a_job_logged_is_on_its_page_as_text(page, service, folder, work):
    job = service.queueJob(warn, folder)
    work()
    html = page(job)
    assert "my.addon" in html and "WARNING" in html and "Skipped &lt;script&gt;" in html
    assert "<script>alert(" not in html


def test_a_result_that_is_content_is_a_link(page, service, folder, work):
    job = service.queueJob(path_of, folder)
    work()
    result = page(job).split("Result</h2>")[1].split("</section>")[0]
    assert '<a href="http://nohost/plone/work">Work</a>' in result


def test_a_failed_job_shows_the_users_frames_and_folds_the_others(page, service, folder, work):
    job = service.queueJob(fail, folder, "No such file")
    work()
    html = page(job)
    assert "No such file" in html
    shown, folded = html.split('<details id="job-traceback">')
    assert "raise ValueError(message)" in shown and "_executeAsUser" not in shown.split("Where it failed")[1]
    assert "Traceback (most recent call last)" in folded


def test_a_job_that_is_tried_again_tells_why(page, queue, folder, work):
    job = queue.put(Job(fail, folder, "Not yet"), retry_policy_factory=RetryWithBackoff)
    work()
    html = page(job)
    assert "The last attempt failed" in html and "ValueError: Not yet" in html and "To be tried again" in html


def test_a_running_job_shows_its_progress(page, job, queue):
    job.annotations["progress"] = {"done": 42, "total": 100, "message": "Row 42 of 100"}
    make_active(queue)
    html = page(job)
    assert 'value="42"' in html and "42%" in html and "Row 42 of 100" in html


def test_a_job_that_was_asked_to_end_tells_so_in_words_only(page, job, queue):
    job.annotations["rows"] = 42
    make_active(queue)
    job.cancel("by jane: enough")
    transaction.commit()
    html = page(job)
    assert "The job has been asked to end." in html and "by jane: enough" in html
    assert "Notes of the job" in html and "rows" in html and "zc.async.cancel" not in html


def make_active(queue):
    """Let a worker claim the next job."""
    agent = agent_of(queue)
    transaction.commit()
    agent.claimJob()
    transaction.commit()


def test_parts_of_a_batch_and_callbacks_are_linked_with_their_state(page, queue, folder):
    first, second = Job(add, folder, 1), Job(add, folder, 2)
    batch = queue.put(Job(plain, first, second))
    follower = batch.addCallback(Job(plain))
    transaction.commit()

    html = page(batch)
    assert "Parts of this batch" in html and "Callbacks" in html
    for other in (first, second, follower):
        assert f"@@manage-job?id={id_of(other)}" in html
    assert "It is a callback of" in page(follower) and f"id={id_of(batch)}" in page(follower)


def test_the_environment_is_told(page, job):
    html = page(job).split("Environment</h2>")[1]
    assert "/plone" in html and "http://nohost/plone" in html


def test_who_may_see_it(reader, job, their_manager):
    answers = {}
    for user in USERS:
        one = reader(user)
        one.open(f"@@manage-job?id={id_of(job)}")
        answers[user] = one.status
    assert {user for user, status in answers.items() if status == 200} == MANAGERS
    assert answers[NOBODY] == answers[THEIRS] == 401


def test_P38_ids_that_are_no_job_of_the_site_are_not_found(reader, job, site, other_site, service, queue):
    setSite(other_site)
    theirs = service.queueJob(plain, other_site)
    setSite(site)
    nobodys = queue.put(EngineJob(plain))
    transaction.commit()
    manager = reader("manager")
    for wrong in (id_of(theirs), id_of(nobodys), str(u64(site._p_oid)), "0", "-1", "x", "9" * 30, "", EVIL):
        manager.open(f"@@manage-job?id={wrong}" if wrong != EVIL else "@@manage-job?id=%3Cscript%3Ealert")
        assert manager.status == 404, wrong
        assert "<script>alert" not in manager.contents
    manager.open("@@manage-job")
    assert manager.status == 404
    manager.open(f"@@manage-job?id={id_of(job)}&id={id_of(job)}")
    assert manager.status == 404


def test_K85_nothing_of_a_job_is_markup(page, service, folder, work):
    api.user.get(TEST_USER_ID).setMemberProperties({"fullname": EVIL})
    job = service.queueJob(fail, folder, EVIL)
    job.annotations[EVIL] = EVIL
    job.note("changed", EVIL)
    other = service.queueJob(add, folder, EVIL, two=EVIL)
    work()
    for html in (page(job), page(other)):
        assert "&lt;script&gt;" in html
        assert "<script>alert" not in html and "<img src=x" not in html


class Harmful:
    def __call__(self):
        return None

    def __repr__(self):
        return EVIL


def test_K85_a_callable_is_no_markup(page, queue, site):
    job = queue.put(Job(Harmful()))
    transaction.commit()
    html = page(job)
    assert "&lt;script&gt;" in html and "<script>alert" not in html and "<img src=x" not in html


def test_reading_writes_nothing(page, job, site):
    page(job)  # Plone's own portlets write when they are shown for the first time
    before = site._p_jar.db().lastTransaction()
    assert "Waiting" in page(job)
    assert site._p_jar.db().lastTransaction() == before


def forms_of(html):
    return re.findall(r'value="(retry|cancel|priority|delete)"', html)


def test_the_state_of_the_job_decides_what_can_be_done(page, job, queue, service, folder, work):
    assert forms_of(page(job)) == ["cancel", "priority"]
    make_active(queue)
    assert forms_of(page(job)) == ["cancel"]
    assert "it is asked to end" in page(job)
    failed = service.queueJobInQueue("", (), fail, folder, "x")
    work()
    assert forms_of(page(failed)) == ["retry", "delete"]


def test_a_scheduled_job_tells_when(page, service, folder):
    job = service.queueJobWithDelay(timedelta(hours=1), datetime.now(timezone.utc) + timedelta(hours=3), add, folder, 1)
    transaction.commit()
    html = page(job)
    assert "Scheduled" in html and "in 2 h" in html and "Fails unless started" in html
    assert "It is scheduled for" not in html


def test_the_answer_is_not_for_caches(reader, job):
    manager = reader(SITE_OWNER_NAME)
    manager.open(f"@@manage-job?id={id_of(job)}")
    assert manager.browser.headers["cache-control"] == "private, no-cache"
