"""The mailing of the example add-on."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import sample_jobs
import transaction
from plone import api
from plone.app.asyncdemo.mailing import jobs
from plone.app.asyncdemo.mailing.jobs import mail_to_members
from zExceptions import BadRequest
from zExceptions import Forbidden
from zExceptions import Unauthorized

from zc.async_.interfaces import JobCancelled
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_until


NAMES = ["alice", "bob", "carol", "dave"]


@pytest.fixture
def page(folder, maildir):
    """A page, and a group called Readers in which one member has no address."""
    with api.env.adopt_roles(["Manager"]):
        api.group.create("readers", title="Readers")
        for name in [*NAMES, "nobody"]:
            member = api.user.create(username=name, email=f"{name}@example.com")
            api.group.add_user(groupname="readers", user=member)
        member.setMemberProperties({"email": ""})
    page = api.content.create(folder, "Document", "page", title="News", description="What is new?")
    transaction.commit()
    return page


@pytest.fixture
def mailing():
    return uuid4().hex


@pytest.fixture
def before_message(monkeypatch):
    """Calls a function with the ids of all members so far, before each message is made."""

    def before_message(function):
        message, seen = jobs.message, []

        def replacement(page, mailing, member_id):
            seen.append(member_id)
            function(seen)
            return message(page, mailing, member_id)

        monkeypatch.setattr(jobs, "message", replacement)

    return before_message


def test_each_member_gets_one_message(page, mailing, maildir, run):
    job = run(mail_to_members.delay(page, mailing, "readers", "Hear, hear"))
    assert maildir.recipients == NAMES
    (message, *_) = maildir.messages
    assert (message["Subject"], message["From"]) == ("Hear, hear", "site@example.com")
    assert message.get_content().split() == ["News", "What", "is", "new?", page.absolute_url()]
    assert job.result == {
        "mailing": mailing,
        "sent": len(NAMES),
        "without_address": 1,
        "without_address_ids": ["nobody"],
    }


def test_the_same_mailing_again_sends_nothing_and_a_new_one_everything(page, mailing, maildir, run):
    run(mail_to_members.delay(page, mailing, "readers", "One"))
    run(mail_to_members.delay(page, mailing, "readers", "One"))
    assert maildir.recipients == NAMES
    run(mail_to_members.delay(page, uuid4().hex, "readers", "Two"))
    assert maildir.recipients == sorted(NAMES * 2)
    assert len({message["Message-Id"] for message in maildir.messages}) == 2 * len(NAMES)


def test_a_message_has_the_same_id_in_each_attempt(page, mailing):
    first, second, other = (jobs.message(page, mailing, name)["Message-Id"] for name in ("alice", "alice", "bob"))
    assert first == second != other


def test_a_job_that_fails_midway_goes_on_with_the_next_member(page, mailing, maildir, run, failure_of, before_message):
    def fail_once(seen):
        if len(seen) == 3:
            raise RuntimeError("out of paper")

    before_message(fail_once)
    assert str(failure_of(mail_to_members.delay(page, mailing, "readers", "News"))) == "out of paper"
    assert len(maildir.recipients) == 2
    assert run(mail_to_members.delay(page, mailing, "readers", "News")).result["sent"] == len(NAMES)
    assert maildir.recipients == NAMES


def test_two_workers_with_the_same_mailing_send_each_message_once(page, mailing, maildir, run, before_message):
    """A worker that was taken for dead goes on while another has its job."""
    other = mail_to_members.delay(page, mailing, "readers", "News")

    def overtake(seen):
        if len(seen) == 2:
            with ThreadPoolExecutor(1) as thread:
                thread.submit(run, other).result(60)

    before_message(overtake)
    job = run(mail_to_members.delay(page, mailing, "readers", "News"))
    assert job.result["sent"] == other.result["sent"] == len(NAMES)
    assert maildir.recipients == NAMES


def test_a_cancelled_mailing_can_go_on_later(page, mailing, maildir, worker, run, before_message):
    def hold(seen):
        if len(seen) == 3:
            sample_jobs.hold("third message")

    before_message(hold)
    job = mail_to_members.delay(page, mailing, "readers", "News")
    transaction.commit()
    wait_until(lambda: "third message" in sample_jobs.GATES.arrived, 30, lambda: "the job did not come so far")
    transaction.begin()
    job.cancel("a typo")
    transaction.commit()
    sample_jobs.GATES["third message"].set()
    assert wait_for_result(job, 30).check(JobCancelled)
    assert len(maildir.recipients) == 3

    again = mail_to_members.delay(page, mailing, "readers", "News")
    transaction.commit()
    assert wait_for_result(again, 30)["sent"] == len(NAMES)
    assert maildir.recipients == NAMES


def test_the_form_queues_the_job_and_leads_back(page, browser, maildir, queued, run):
    browser.open(f"{page.absolute_url()}/@@mail-to-members")
    assert "has no queue" not in browser.contents
    browser.getControl(name="group").getControl("Readers").selected = True
    assert browser.getControl("Subject").value == "News"
    browser.getControl("Queue the job").click()
    assert browser.url == page.absolute_url()
    assert "A worker is going to mail “News”" in browser.contents
    assert run(queued()).result["sent"] == len(NAMES)
    assert maildir.recipients == NAMES


def test_the_form_warns_of_a_mail_host_without_queue(page, browser):
    api.portal.get_tool("MailHost").smtp_queue = False
    transaction.commit()
    browser.open(f"{page.absolute_url()}/@@mail-to-members")
    assert "has no queue" in browser.contents


def test_the_form_has_a_permission_of_its_own(page, not_reviewer):
    with pytest.raises(Unauthorized):
        page.restrictedTraverse("@@mail-to-members")


def test_a_post_needs_the_authenticator(page, browser):
    with pytest.raises(Forbidden):
        browser.post(f"{page.absolute_url()}/@@mail-to-members", "group=readers&subject=News")


@pytest.mark.parametrize("fields", ["group=strangers&subject=News", "group=readers&subject=%0A"])
def test_a_form_without_sense_is_refused(page, browser, fields):
    browser.open(f"{page.absolute_url()}/@@mail-to-members")
    token = browser.getControl(name="_authenticator").value
    with pytest.raises(BadRequest):
        browser.post(browser.url, f"{fields}&_authenticator={token}")
