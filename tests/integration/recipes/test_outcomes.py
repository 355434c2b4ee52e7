"""Retries, cancelling and callbacks."""

import logging
from datetime import datetime
from datetime import timedelta
from datetime import timezone

import transaction
from recipes import cancelling
from recipes import retries
from recipes.callbacks import export
from recipes.callbacks import queue_export
from recipes.recurring import next_night
from ZODB.POSException import ConflictError

from plone.app.async_.testing import drain
from plone.app.async_.testing import wait_for_result
from plone.app.async_.testing import wait_for_start
from zc.async_ import local
from zc.async_.interfaces import PENDING
from zc.async_.interfaces import JobCancelled
from zc.async_.twist import Failure


def failure(error):
    return Failure(error)


def waits(job, error, times):
    """What the policy of a job answers to one failure after another."""
    policy, cache = job.getRetryPolicy(), {}
    return [policy.jobError(failure(error), cache) for _ in range(times)]


def test_every_five_minutes(folder):
    job = retries.fetch.delay(folder, "https://example.com")
    assert waits(job, OSError(), 4) == [timedelta(minutes=5)] * 3 + [False]


def test_ever_later_if_the_network_is_to_blame(folder):
    job = retries.push.delay(folder, "https://example.com")
    assert [wait.total_seconds() for wait in waits(job, TimeoutError(), 3)] == [10, 30, 90]
    assert waits(job, ValueError(), 1) == [False]


def test_never(folder):
    assert waits(retries.charge.delay(folder, 100), ConnectionError(), 1) == [False]


def test_at_night(folder):
    job = retries.publish_elsewhere.delay(folder, "https://example.com")
    (again,) = waits(job, ValueError(), 1)
    assert again == next_night(datetime.now(timezone.utc))
    assert waits(job, ConflictError(), 1) == [True]


def endless():
    """Rows without an end, as the job goes on until it is cancelled."""
    number = 0
    while True:
        yield number
        number += 1


def import_endlessly(folder):
    for _ in endless():
        local.checkCancelled()


def test_a_running_job_ends_soon_after_it_was_cancelled(folder, service, worker, monkeypatch):
    monkeypatch.setattr("zc.async_.cancel.LOOK_INTERVAL", 0)
    job = service.queueJob(import_endlessly, folder)
    transaction.commit()
    wait_for_start(job)
    assert job.cancel("enough") is False
    transaction.commit()
    assert wait_for_result(job).check(JobCancelled)


def test_rows_are_imported(folder, service, tmp_path):
    rows = tmp_path / "rows.txt"
    rows.write_text("one\ntwo\n")
    service.queueJob(cancelling.import_file, folder, str(rows))
    drain()
    assert folder.objectIds() == ["row-0", "row-1"]


def test_all_imports_are_cancelled_and_nothing_else(site, folder, service):
    rows = [service.queueJob(cancelling.import_rows, folder, ["one"]) for _ in range(3)]
    other = service.queueJob(export, folder)
    transaction.commit()
    assert cancelling.cancel_imports(site).done == 3
    assert all(job.result.check(JobCancelled) for job in rows)
    assert other.status == PENDING


def test_a_callback_gets_the_result(folder):
    queue_export(folder)
    drain()
    assert folder.Description() == "Exported: 0 items"


def test_or_the_failure(folder, monkeypatch, caplog):
    def fail():
        raise ValueError("no disk")

    monkeypatch.setattr(type(folder.aq_base), "objectIds", lambda self: fail())
    queue_export(folder)
    with caplog.at_level(logging.ERROR, "recipes"):
        drain(raise_failures=False)
    assert folder.Description() == "Not exported: no disk"
    assert f"{export.__module__}.export on /plone/work failed: no disk" in caplog.text
