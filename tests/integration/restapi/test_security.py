"""Who may do what: each user against each endpoint."""

import pytest
import transaction
from overview_fixtures import WORKER
from overview_fixtures import agent_of
from plone.app.testing import SITE_OWNER_NAME
from plone.app.testing import TEST_USER_NAME
from plone.base.utils import get_installer
from plone.restapi.permissions import UseRESTAPI
from sample_rest import add_numbers
from zope.component.hooks import setSite

from plone.app.async_.overview.ids import id_of
from zc.async_.queue import Queue


NOBODY = None
THEIRS = "their manager"
USERS = (NOBODY, "member", "editor", "site-admin", "manager", SITE_OWNER_NAME, THEIRS)


@pytest.fixture
def job(service, folder):
    """A job of the test user that waits."""
    job = service.queueJob(add_numbers, folder, 1, 2)
    transaction.commit()
    return id_of(job)


@pytest.fixture
def call(client, other_site):
    """Send something as one of the users; the manager of the other site tries the password they have there."""
    other_site.manage_permission(UseRESTAPI, ["Anonymous"], acquire=1)
    other_site.acl_users.userFolderAddUser(THEIRS, "correct horse battery", ["Member", "Manager"], [])
    transaction.commit()

    def call(user, method, path, portal=None, **sent):
        one = client(user) if portal is None else client(user, portal)
        return getattr(one, method)(path, **sent)

    return call


def allowed(answers):
    """The users whose answers were no refusal."""
    return {user for user, answer in answers.items() if answer.status_code not in (401, 403, 404)}


MANAGERS = {"site-admin", "manager", SITE_OWNER_NAME}
LOGGED_IN = {*MANAGERS, "member", "editor"}


@pytest.mark.parametrize(
    ("method", "path", "who"),
    [
        ("get", "/@jobs", LOGGED_IN),
        ("get", "/@jobs/{job}", MANAGERS),
        ("post", "/@jobs/{job}/retry", MANAGERS),
        ("post", "/@jobs/{job}/cancel", MANAGERS),
        ("post", "/@jobs/{job}/priority", MANAGERS),
        ("post", "/@jobs/retry", MANAGERS),
        ("post", "/@jobs/cancel", MANAGERS),
        ("post", "/@jobs/delete", MANAGERS),
        ("delete", "/@jobs/{job}", MANAGERS),
        ("get", "/@job-queues", MANAGERS),
        ("get", "/@job-queues/default", MANAGERS),
        ("get", "/@job-workers", MANAGERS),
        ("patch", "/@job-queues/default", {SITE_OWNER_NAME}),
    ],
)
def test_who_may(call, job, method, path, who):
    answers = {user: call(user, method, path.format(job=job)) for user in USERS}
    assert allowed(answers) == who
    assert answers[NOBODY].status_code == answers[THEIRS].status_code == 401
    assert {answer.content_type for answer in answers.values() if answer.status_code != 204} == {"application/json"}


def test_members_see_only_their_own_jobs_and_cancel_only_those(client, job):
    assert client("member").get("/@jobs").json["items"] == []
    assert client("member").post(f"/@jobs/{job}/cancel").status_code == 404
    mine = client(TEST_USER_NAME)
    assert [item["id"] for item in mine.get("/@jobs").json["items"]] == [job]
    assert mine.post(f"/@jobs/{job}/priority", priority=5).status_code == 401
    assert mine.post(f"/@jobs/{job}/cancel").json["state"] == "cancelled"
    assert mine.post(f"/@jobs/{job}/retry").status_code == 401
    assert mine.delete(f"/@jobs/{job}").status_code == 401


def test_members_are_not_told_which_worker_their_job_was_rescued_from(client, service, queue, folder):
    job = service.queueJob(add_numbers, folder, 1, 2)
    transaction.commit()
    agent = agent_of(queue)
    agent.claim_jobs(1)
    transaction.commit()
    agent.give_back_all()
    transaction.commit()

    def told(user):
        course = client(user).get(f"/@jobs/{id_of(job)}").json["timeline"]
        return {event["what"]: event["details"] for event in course}["rescued"]

    assert str(WORKER) in told("manager")
    assert told(TEST_USER_NAME) == ""


def test_managers_can_ask_for_their_own_jobs(client, job):
    assert len(client("manager").get("/@jobs").json["items"]) == 1
    assert client("manager").get("/@jobs", mine="1").json["items"] == []


def test_a_manager_reaches_no_job_of_another_site(call, service, site, other_site, job):
    setSite(other_site)
    theirs = id_of(service.queueJob(add_numbers, other_site, 1, 2))
    setSite(site)
    transaction.commit()

    for user in "manager", SITE_OWNER_NAME:
        assert [item["id"] for item in call(user, "get", "/@jobs").json["items"]] == [job]
        for method, path in ("get", ""), ("post", "/cancel"), ("post", "/retry"), ("delete", ""):
            assert call(user, method, f"/@jobs/{theirs}{path}").status_code == 404
    assert [item["id"] for item in call(THEIRS, "get", "/@jobs", other_site).json["items"]] == [theirs]
    assert call(THEIRS, "post", "/@jobs/cancel", other_site, all=True).json["done"] == 1
    assert call(THEIRS, "get", f"/@jobs/{job}", other_site).status_code == 404
    assert call("manager", "get", f"/@jobs/{job}").json["state"] == "waiting"


def test_the_manager_of_the_only_site_may_steer_queues(client, job):
    answer = client("manager").patch("/@job-queues/default", is_paused=True, quotas={"default": 3})
    assert answer.status_code == 200
    assert (answer.json["is_paused"], answer.json["quotas"][0]["size"]) == (True, 3)
    assert client("manager").get("/@job-queues").json["can_steer"] is True
    assert client("member").patch("/@job-queues/default", is_paused=False).status_code == 401


def test_the_manager_of_one_of_several_sites_is_told_why_not(call, job):
    answer = call("manager", "patch", "/@job-queues/default", is_paused=True)
    assert (answer.status_code, answer.json["error"]["type"]) == (403, "Forbidden")
    assert call("manager", "get", "/@job-queues").json["can_steer"] is False


def test_a_folder_in_the_root_may_hold_another_site(functional, client, job):
    functional["app"].manage_addFolder("more")
    transaction.commit()
    assert client("manager").patch("/@job-queues/default", is_paused=True).status_code == 403


def test_nor_may_they_by_the_registry(call, site, queue, job):
    get_installer(site).install_product("plone.app.async")
    transaction.commit()
    answer = call("manager", "patch", "/@registry", **{"plone.app.async.default_quota_size": 9})
    assert (answer.status_code, answer.json["type"]) == (403, "Forbidden")
    assert "only a manager of the Zope root" in answer.json["message"]
    transaction.begin()
    assert queue.quotas["default"].size == 1


@pytest.mark.parametrize(
    "sent",
    [
        {"is_paused": "yes"},
        {"quotas": []},
        {"quotas": {"default": 0}},
        {"quotas": {"default": "2"}},
        {"quotas": {"x": 1}},
    ],
)
def test_bad_changes_of_a_queue_change_nothing(client, queue, job, sent):
    answer = client(SITE_OWNER_NAME).patch("/@job-queues/default", **{"is_paused": True, **sent})
    assert answer.status_code in (400, 409)
    transaction.begin()
    assert not queue.paused and queue.quotas["default"].size == 1


def test_queues_by_name(client, service, job):
    service.getQueues()["second"] = Queue()
    transaction.commit()
    assert client("manager").get("/@job-queues/second").json["name"] == "second"
    assert client("manager").get("/@job-queues/default").json["name"] == ""
    for path in "/@job-queues/none", "/@job-queues/second/more":
        assert client("manager").get(path).status_code == 404


def test_workers(client, job, work):
    work()
    [worker] = client("manager").get("/@job-workers").json["items"]
    assert worker["is_alive"] and worker["agents"][0]["size"] == 3
    assert client("manager").get("/@job-workers/more").status_code == 404
