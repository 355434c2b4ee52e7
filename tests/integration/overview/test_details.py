"""What the read model tells about one job, and what it hides."""

from dataclasses import dataclass
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from uuid import UUID

import pytest
import transaction
from overview_fixtures import agent_of
from plone import api
from plone.app.testing import TEST_USER_ID
from zope.component.hooks import setSite
from zope.i18n import translate

from plone.app.async_ import Job
from plone.app.async_.overview import EVERYTHING
from plone.app.async_.overview.ids import id_of
from plone.app.async_.overview.redact import is_secret
from plone.app.async_.overview.redact import value_text
from zc.async_.agent import Agent
from zc.async_.job import Job as EngineJob
from zc.async_.redact import HIDDEN
from zc.async_.redact import plain_text
from zc.async_.workflow import serial


SECRET = "s3cr3t"


def log_in(context, name, password, options=None):
    return name


def fail(context, message):
    raise ValueError(message)


def plain(*args, **kwargs):
    return None


def listen(result):
    return result


class Broken:
    def __repr__(self):
        raise RuntimeError("no")


@dataclass
class Account:
    user: str
    password: str


def shown(details):
    return {argument.name: argument.text for argument in details.arguments}


def reasons(board, job):
    return [translate(reason) for reason in board().job(id_of(job)).reasons]


@pytest.mark.parametrize(
    "name", ["password", "new_passwd", "apiKey", "api_key", "key", "ACCESS_TOKEN", b"secret", "Authorization"]
)
def test_names_of_secrets(name):
    assert is_secret(name)


@pytest.mark.parametrize("name", ["keywords", "monkey", "path", "author", "", None, 1])
def test_names_of_other_things(name):
    assert not is_secret(name)


@pytest.mark.parametrize(
    "value",
    [
        {"password": SECRET},
        [{"deep": ({"client-secret": SECRET},)}],
        Account("jane", SECRET),
        f"https://jane:{SECRET}@example.org/",
        f"https://example.org/?a=1&token={SECRET}",
        f"Authorization: Bearer {SECRET}",
        f'{{"password": "{SECRET}"}}',
    ],
)
def test_secrets_are_hidden_at_any_depth(value):
    text = value_text(value)
    assert SECRET not in text and HIDDEN in text


HARMFUL = {
    "text": "x" * 10**7,
    "bytes": b"x" * 10**7,
    "list": list(range(10**6)),
    "dict": {number: number for number in range(10**5)},
    "number": 10**5000,
    "broken": Broken(),
    "deep": [[[[[[[1]]]]]]],
}


@pytest.mark.parametrize("kind", HARMFUL)
def test_K56_large_and_broken_values_do_no_harm(kind):
    assert len(value_text(HARMFUL[kind])) <= 301


def test_the_text_of_what_looks_like_a_secret_is_found_fast():
    text = "token" * 10**6
    assert plain_text(text, 2000).startswith("token")


def test_arguments_have_the_names_of_the_signature(service, folder, board):
    job = service.queueJob(log_in, folder, "jane", SECRET, options={"token": SECRET, "where": folder})
    transaction.commit()

    details = board().job(id_of(job))
    assert shown(details) == {
        "name": "'jane'",
        "password": HIDDEN,
        "options": f"{{'token': {HIDDEN}, 'where': /plone/work}}",
    }
    assert details.summary.callable == f"{__name__}.log_in"
    assert details.summary.context == "/plone/work"
    assert SECRET not in repr(details)


def test_the_user_is_shown_by_name(service, folder, board):
    api.user.get(TEST_USER_ID).setMemberProperties({"fullname": "Jane <b>Doe</b>"})
    job = service.queueJob(log_in, folder, "a", "b")
    transaction.commit()
    summary = board().job(id_of(job)).summary
    assert (summary.user_id, summary.user_name) == (TEST_USER_ID, "Jane <b>Doe</b>")


def test_a_failure_shows_the_users_frames_apart(service, folder, board, work):
    job = service.queueJob(fail, folder, f"wrong password={SECRET}")
    work()

    details = board().job(id_of(job))
    assert (details.failure.type, details.failure.message) == ("ValueError", f"wrong password={HIDDEN}")
    assert [frame.function for frame in details.failure.users_frames] == ["fail"]
    assert details.failure.users_frames[0].source == "raise ValueError(message)"
    assert len(details.failure.frames) > 1
    assert details.failure.traceback.endswith(f"ValueError: wrong password={HIDDEN}")
    assert [event.what for event in details.timeline] == ["queued", "started", "ended"]
    assert details.summary.failure.startswith("ValueError: wrong")
    assert details.summary.attempts == 1


def test_result_annotations_and_times(service, folder, board, work):
    job = service.queueJob(log_in, folder, "jane", SECRET)
    job.annotations["note"] = "<i>hello</i>"
    job.annotations["token"] = SECRET
    work()

    details = board().job(id_of(job))
    assert details.result == "'jane'"
    assert [(note.name, note.text) for note in details.annotations] == [("note", "'<i>hello</i>'"), ("token", HIDDEN)]
    assert details.summary.waited >= timedelta() and details.summary.ran >= timedelta()


def test_related_jobs(service, queue, folder, board):
    job = queue.put(Job(plain))
    callback = job.addCallback(listen)
    proxy = job.addCallbacks(success=listen, failure=listen)
    batch = queue.put(serial(EngineJob(plain), EngineJob(plain)))
    transaction.commit()

    assert board().job(id_of(job)).callbacks == tuple(map(id_of, [callback, proxy.failure, proxy.success]))
    assert board().job(id_of(callback)).caller == id_of(job)
    assert board(EVERYTHING).job(id_of(batch)).parts == tuple(map(id_of, batch.args))


def test_K42_why_a_job_waits(service, queue, folder, board):
    first = service.queueJob(plain, folder)
    job = service.queueJob(plain, folder)
    later = service.queueJobWithDelay(None, datetime.now(timezone.utc) + timedelta(days=1), plain, folder)
    transaction.commit()
    assert reasons(board, job) == ["No worker has ever started on this queue."]

    record = queue.dispatchers.register(UUID(int=7))
    record["main"] = Agent(size=1)
    transaction.commit()
    assert reasons(board, job) == ["No worker is alive."]

    record.activate()
    queue.paused = True
    transaction.commit()
    assert reasons(board, job) == ["The queue is paused."]
    assert reasons(board, later)[-1].startswith("It is scheduled for ")

    queue.paused = False
    record["main"].claim_jobs(1)
    transaction.commit()
    assert reasons(board, job) == [
        "All workers are busy.",
        f"The quota “default” lets 1 run at a time; its places are held by: {id_of(first)}.",
    ]
    assert reasons(board, first) == []


def test_why_a_job_waits_names_no_job_of_another_site(service, queue, site, other_site, folder, board):
    agent = agent_of(queue)
    setSite(other_site)
    service.queueJob(plain, other_site)
    setSite(site)
    transaction.commit()
    agent.claim_jobs(1)
    job = service.queueJob(plain, folder)
    transaction.commit()

    assert reasons(board, job) == ["The quota “default” lets 1 run at a time; its places are held by: …."]


def test_queues_and_workers(service, queue, folder, board, work):
    service.queueJob(log_in, folder, "a", "b")
    work()
    service.queueJob(log_in, folder, "a", "b")
    transaction.commit()

    [shown] = board().queues()
    assert (shown.name, shown.is_paused, shown.waiting, shown.scheduled, shown.active, shown.ended) == (
        "",
        False,
        1,
        0,
        0,
        1,
    )
    assert [(quota.name, quota.size, quota.used) for quota in shown.quotas] == [("default", 1, 0)]
    assert shown.oldest >= timedelta() and shown.workers_alive == 1
    [worker] = board().workers()
    assert worker.is_alive and worker.last_ping is not None
    assert (worker.process.host, worker.process.pid, worker.process.version) == ("worker-1", 4711, "2.0.0")
    assert worker.process.started <= worker.activated and worker.ousted is None
    assert [(agent.name, agent.size, agent.active) for agent in worker.agents] == [("main", 3, 0)]


def test_the_pace_of_the_last_hours(service, folder, board, work):
    service.queueJob(log_in, folder, "a", "b")
    service.queueJob(fail, folder, "no")
    work()

    pace = board().pace(hours=3)
    assert len(pace.hours) == 3
    assert sum((hour.ended for hour in pace.hours), start=type(pace.hours[0].ended)()) == {"succeeded": 1, "failed": 1}
    assert pace.known_since == pace.hours[0].start
    assert any(hour.waited is not None and hour.ran is not None for hour in pace.hours)
