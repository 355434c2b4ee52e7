"""The figures that programs are told: metrics, and ``plone-async status --json``."""

import json
from dataclasses import asdict
from datetime import datetime
from datetime import timedelta
from datetime import timezone

import transaction
from overview_fixtures import agent_of

from plone.app.async_.overview.figures import Figures
from plone.app.async_.overview.figures import JobFigures


def work_well(context):
    return 42


def work_badly(context):
    raise ValueError("too bad")


def test_where_nobody_has_queued_a_job_there_is_nothing(site, board):
    assert board().figures() == Figures(queues=(), workers_alive=0, workers_dead=0, workers_stopped=0)


def test_jobs_are_counted_by_what_they_do_and_did(service, queue, folder, board, work):
    service.queueJob(work_well, folder)
    service.queueJob(work_badly, folder)
    tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
    service.queueJobWithDelay(None, tomorrow, work_well, folder)
    work()
    service.queueJob(work_well, folder)
    service.queueJob(work_well, folder).cancel()

    (figures,) = board().figures().queues

    assert figures.jobs == JobFigures(waiting=1, scheduled=1, active=0, kept=3)
    assert figures.oldest_waiting >= 0
    hour = figures.last_hour
    assert (hour.succeeded, hour.failed, hour.cancelled, hour.is_exact) == (1, 1, 1, True)
    assert hour.waited >= 0 and hour.ran >= 0


def test_jobs_that_ended_earlier_are_kept_and_not_counted_again(service, queue, folder, board, work):
    service.queueJob(work_well, folder)
    work()
    later = board()
    later.now += timedelta(hours=2)

    (figures,) = later.figures().queues

    assert (figures.jobs.kept, figures.last_hour.succeeded, figures.last_hour.waited) == (1, 0, None)


def test_threads_of_living_workers_are_busy_or_free(service, queue, folder, board):
    agent = agent_of(queue)
    service.queueJob(work_well, folder)
    agent.claimJob()

    figures = board().figures()

    threads, (quota,) = figures.queues[0].threads, figures.queues[0].quotas
    assert (threads.busy, threads.free) == (1, 2)
    assert (quota.name, quota.size, quota.used) == ("default", 1, 1)
    assert (figures.workers_alive, figures.workers_dead, figures.workers_stopped) == (1, 0, 0)


def test_workers_are_alive_dead_or_stopped(service, queue, board):
    record = agent_of(queue).parent
    record.last_ping.micros = record._activated = 1

    assert board().figures().workers_dead == 1

    record.deactivate()

    figures = board().figures()
    assert (figures.workers_alive, figures.workers_dead, figures.workers_stopped) == (0, 0, 1)
    assert figures.queues[0].threads.free == 0


def test_the_figures_are_json(service, queue, folder, board, work):
    service.queueJob(work_well, folder)
    work()
    transaction.commit()

    figures = asdict(board().figures())

    assert json.loads(json.dumps(figures))["queues"][0]["last_hour"]["succeeded"] == 1
