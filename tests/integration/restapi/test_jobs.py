"""``@jobs`` by the real publisher."""

import pytest
import transaction
from plone.app.testing import TEST_USER_NAME
from sample_rest import add_numbers
from sample_rest import publish

from plone.app.async_.overview.ids import id_of


MANAGER = "manager"


@pytest.fixture
def jobs(service, folder, work):
    """A job that succeeded, one that failed, and one that waits."""
    done = service.queueJob(add_numbers, folder, 40, 2)
    failed = service.queueJob(publish, folder, password="secret")
    work()
    waiting = service.queueJob(add_numbers, folder, 1, 1)
    transaction.commit()
    return {"done": id_of(done), "failed": id_of(failed), "waiting": id_of(waiting)}


def ids(answer):
    return [item["id"] for item in answer.json["items"]]


def test_all_jobs_of_the_site(client, jobs):
    answer = client(MANAGER).get("/@jobs")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert ids(answer) == [jobs["waiting"], jobs["failed"], jobs["done"]]
    assert (answer.json["items_total"], answer.json["items_total_is_exact"]) == (3, True)
    assert answer.json["items"][0]["@id"].endswith(f"/plone/@jobs/{jobs['waiting']}")


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"state": "failed"}, ["failed"]),
        ({"state": "failed,succeeded"}, ["failed", "done"]),
        ({"callable": "publish"}, ["failed"]),
        ({"user": "nobody"}, []),
        ({"text": "not allowed"}, ["failed"]),
        ({"queue": "other"}, []),
        ({"queue": "default"}, ["waiting", "failed", "done"]),
        ({"queue": ""}, ["waiting", "failed", "done"]),
        ({"since": "2999-01-01T00:00:00Z"}, []),
        ({"until": "2999-01-01"}, ["waiting", "failed", "done"]),
        ({"sort_on": "queued"}, ["done", "failed", "waiting"]),
        ({"sort_on": "queued", "sort_order": "descending"}, ["waiting", "failed", "done"]),
        ({"offset": "1"}, ["failed", "done"]),
    ],
)
def test_filters(client, jobs, parameters, found):
    assert ids(client(MANAGER).get("/@jobs", **parameters)) == [jobs[name] for name in found]


@pytest.mark.parametrize(
    "parameters",
    [
        {"state": "lost"},
        {"state": "new"},
        {"b_start": "-1"},
        {"b_size": "0"},
        {"b_size": "x"},
        {"offset": "9" * 30},
        {"since": "yesterday"},
        {"sort_on": "__class__"},
    ],
)
def test_parameters_without_meaning(client, jobs, parameters):
    answer = client(MANAGER).get("/@jobs", **parameters)
    assert answer.status_code == 400
    assert answer.json["error"]["type"] == "BadRequest"
    assert next(iter(parameters)) in answer.json["error"]["message"]


def test_batches_know_no_last_page_as_long_as_nobody_was_there(client, service, folder):
    for number in range(40):
        service.queueJob(add_numbers, folder, number, 1)
    transaction.commit()
    first = client(MANAGER).get("/@jobs", b_size=2).json
    assert len(first["items"]) == 2 and not first["items_total_is_exact"]
    assert "b_start=2" in first["batching"]["next"] and "last" not in first["batching"]
    last = client(MANAGER).get("/@jobs", b_size=2, b_start=38).json
    assert (len(last["items"]), last["items_total"], last["items_total_is_exact"]) == (2, 40, True)
    assert "next" not in last["batching"] and "b_start=38" in last["batching"]["last"]


def test_one_job(client, jobs):
    job = client(MANAGER).get(f"/@jobs/{jobs['failed']}").json
    assert (job["state"], job["callable"]) == ("failed", "sample_rest.publish")
    assert job["arguments"] == [{"name": "password", "text": "••••"}]
    assert job["failure"]["type"] == "ValueError"
    assert [frame["function"] for frame in job["failure"]["frames"] if frame["is_users"]] == ["publish"]


def test_a_member_sees_no_more_of_a_failure_than_its_message(client, jobs):
    job = client(TEST_USER_NAME).get(f"/@jobs/{jobs['failed']}").json
    assert job["failure"] == {"type": "ValueError", "message": "It is not allowed"}
    assert "worker" not in job


@pytest.mark.parametrize("path", ["0", "nonsense", "99999999", "1/2", "-1", "%00", "1e3"])
def test_P38_what_is_no_job(client, jobs, path):
    for call in (client(MANAGER).get, client(MANAGER).delete):
        answer = call(f"/@jobs/{path}")
        assert (answer.status_code, answer.json["error"]["type"]) == (404, "NotFound")


def test_P38_objects_that_are_no_jobs(client, folder, queue, jobs):
    for obj in folder, queue:
        assert client(MANAGER).get(f"/@jobs/{id_of(obj)}").status_code == 404


def test_P40_retry(client, jobs):
    answer = client(MANAGER).post(f"/@jobs/{jobs['failed']}/retry")
    assert (answer.status_code, answer.json["state"]) == (200, "waiting")
    assert ids(client(MANAGER).get("/@jobs", state="waiting")) == [jobs["waiting"], jobs["failed"]]


def test_P40_cancel(client, jobs):
    answer = client(MANAGER).post(f"/@jobs/{jobs['waiting']}/cancel", reason="not needed")
    assert (answer.status_code, answer.json["state"]) == (200, "cancelled")
    assert answer.json["failure"]["message"] == "by manager: not needed"


def test_priority(client, jobs):
    assert client(MANAGER).post(f"/@jobs/{jobs['waiting']}/priority", priority=3).json["priority"] == 3
    assert client(MANAGER).post(f"/@jobs/{jobs['waiting']}/priority", priority="x").status_code == 409


def test_delete(client, jobs):
    answer = client(MANAGER).delete(f"/@jobs/{jobs['done']}")
    assert (answer.status_code, answer.body) == (204, b"")
    assert client(MANAGER).get(f"/@jobs/{jobs['done']}").status_code == 404


def test_what_the_state_does_not_allow(client, jobs):
    answer = client(MANAGER).post(f"/@jobs/{jobs['done']}/retry")
    assert answer.status_code == 409
    assert answer.json == {
        "error": {"type": "Conflict", "message": "This cannot be done to a job in the state “Succeeded”."}
    }


def test_all_that_match(client, jobs):
    answer = client(MANAGER).post("/@jobs/delete", state=["failed", "succeeded"])
    assert answer.json == {"done": 2, "refused": 0, "more": False}
    assert ids(client(MANAGER).get("/@jobs")) == [jobs["waiting"]]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"state": []},
        {"callable": "", "sort_on": "queued"},
        {"states": ["failed"]},
        {"ids": ["1"]},
        {"state": "failed", "reason": "no cancellation"},
        {"all": 1},
    ],
)
def test_nobody_deletes_all_by_a_slip(client, jobs, sent):
    answer = client(MANAGER).post("/@jobs/delete", **sent)
    assert (answer.status_code, answer.json["error"]["type"]) == (400, "BadRequest")
    assert len(ids(client(MANAGER).get("/@jobs"))) == 3


@pytest.mark.parametrize("sent", [{"all": True}, {"queue": "default"}, {"queue": ""}])
def test_all_of_them_if_that_is_meant(client, jobs, sent):
    answer = client(MANAGER).post("/@jobs/cancel", reason="enough", **sent)
    assert answer.json == {"done": 1, "refused": 0, "more": False}


@pytest.mark.parametrize("sent", [{"paused": True}, {"is_paused": 1}, {"is_paused": "true"}, {"quotas": [1]}])
def test_a_queue_is_not_changed_by_a_slip(client, jobs, queue, sent):
    assert client(MANAGER).patch("/@job-queues/default", **sent).status_code == 400
    transaction.begin()
    assert not queue.paused


def test_what_can_be_done_to_a_job(client, jobs):
    listed = {job["id"]: job["actions"] for job in client(MANAGER).get("/@jobs").json["items"]}
    assert listed == {
        jobs["done"]: ["delete"],
        jobs["failed"]: ["retry", "delete"],
        jobs["waiting"]: ["cancel", "priority"],
    }
    own = {job["id"]: job["actions"] for job in client(TEST_USER_NAME).get("/@jobs").json["items"]}
    assert own == {jobs["done"]: [], jobs["failed"]: [], jobs["waiting"]: ["cancel"]}


def test_unknown_actions(client, jobs):
    for path in "/@jobs", "/@jobs/explode", f"/@jobs/{jobs['failed']}/explode", f"/@jobs/{jobs['failed']}/retry/now":
        assert client(MANAGER).post(path).status_code == 404


def test_a_form_cannot_steer(client, jobs):
    answer = client(MANAGER).post_form(f"/@jobs/{jobs['failed']}/retry")
    assert (answer.status_code, answer.json["error"]["type"]) == (415, "UnsupportedMediaType")
    assert client(MANAGER).get(f"/@jobs/{jobs['failed']}").json["state"] == "failed"


def test_reads_never_write(client, site, jobs):
    database = site._p_jar.db()
    before = database.lastTransaction()
    for path in "/@jobs", f"/@jobs/{jobs['failed']}", "/@job-queues", "/@job-workers":
        assert client(MANAGER).get(path).status_code == 200
    assert database.lastTransaction() == before
