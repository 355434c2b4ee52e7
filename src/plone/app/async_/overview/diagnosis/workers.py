"""Whether there are workers, and whether they live as they should."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from plone.app.async_.overview.diagnosis.finding import Finding
from plone.app.async_.overview.diagnosis.finding import seconds
from plone.app.async_.overview.diagnosis.finding import sentence
from plone.app.async_.overview.diagnosis.finding import since_sign_of_life
from plone.app.async_.overview.diagnosis.finding import worker_of


if TYPE_CHECKING:
    from zc.async_.agent import Agent
    from zc.async_.dispatchers import DispatcherAgents
    from zc.async_.queue import Queue

START = (
    "Start a worker, with a ZC_ASYNC_UUID of its own: plone-async worker etc/zope.conf, or a Zope that loads "
    "single_db_worker.zcml or multi_db_worker.zcml."
)


def records_of(queues: list[Queue]) -> dict[str, DispatcherAgents]:
    """One record of each worker, an activated one if there is one."""
    found: dict[str, DispatcherAgents] = {}
    for queue in queues:
        for uuid, record in queue.dispatchers.items():
            if str(uuid) not in found or record.activated is not None:
                found[str(uuid)] = record
    return found


def no_worker(queues: list[Queue], now: datetime) -> Iterator[Finding]:
    """No worker has ever started, or none runs now."""
    records = list(records_of(queues).values())
    if any(record.activated is not None and not record.dead for record in records):
        return
    waiting = sum(len(queue) for queue in queues)
    why = f"Nobody runs the jobs that wait: {waiting:,}." if waiting else "Nobody would run a job."
    if not records:
        yield Finding("no-worker", True, "No worker has ever started on these queues.", why, START)
        return
    latest = min(since_sign_of_life(record, now) for record in records)
    what = f"No worker is running; the last sign of life of one is {seconds(latest)} old."
    yield Finding("no-worker-alive", True, what, why, f"{START} Its log tells why, if it does not stay.")


def silent(queues: list[Queue], now: datetime) -> Iterator[Finding]:
    """A worker was not stopped, and shows no sign of life."""
    for record in records_of(queues).values():
        if record.activated is None or not record.dead:
            continue
        held = sum(len(agent) for queue in queues for agent in _agents(queue, record))
        jobs = f" Jobs that it has in hand: {held:,}." if held else ""
        yield Finding(
            "worker-silent",
            True,
            f"{sentence(worker_of(record))} has not polled for {seconds(since_sign_of_life(record, now))}.{jobs}",
            "It was killed, hangs, cannot reach the database, or its clock is wrong. Its jobs are run again once "
            "another worker finds out, or it is started again.",
            "Look whether that process still runs, and at its log. Start it again with the same ZC_ASYNC_UUID.",
        )


def ousted(queues: list[Queue], now: datetime) -> Iterator[Finding]:
    """Two processes are told to be the same worker."""
    found = {str(uuid): record for queue in queues for uuid, record in queue.dispatchers.items() if record.ousted}
    for record in found.values():
        yield Finding(
            "two-processes",
            True,
            f"Two processes are worker {record.UUID}: {record.process or 'one'} works, {record.ousted} runs on idle.",
            "Both would answer for the same jobs, so only the one that started last takes any.",
            "Give each a file of its own by ZC_ASYNC_UUID: delete the copied file, and start that process again.",
        )


def versions(queues: list[Queue], now: datetime) -> Iterator[Finding]:
    """Workers that live have different versions of this package."""
    alive = [each for each in records_of(queues).values() if each.activated is not None and not each.dead]
    known = sorted({each.process.version for each in alive if each.process is not None and each.process.version})
    if len(known) > 1:
        yield Finding(
            "versions-differ",
            False,
            f"The workers run different versions of plone.app.async: {', '.join(known)}.",
            "That is fine while you update one after the other; later, what an old one does may surprise you.",
            "Start the workers with the older version again: plone-async workers tells which.",
        )


def _agents(queue: Queue, record: DispatcherAgents) -> list[Agent]:
    here = queue.dispatchers.get(record.UUID)
    return [] if here is None else here.values()
