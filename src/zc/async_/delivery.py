"""Stores results that came later, and goes on with what waited for them: a callback's job, with its other callbacks.

A callback has no claim of its own; its job's claim covers it until the result is there. So if the process dies before,
the job is rescued and the callback run again, and a result that comes after that is dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Any

from zc.async_ import clock
from zc.async_ import executor
from zc.async_.attempt import Execution
from zc.async_.hold import Begun
from zc.async_.hold import Claimed
from zc.async_.hold import Hold
from zc.async_.interfaces import CALLBACKS
from zc.async_.interfaces import ReassignedError
from zc.async_.later import Host
from zc.async_.threadlocal import local


if TYPE_CHECKING:
    from zc.async_.job import Job


def deliver(job: Job, key: int, value: Any, host: Host) -> Any:
    """Store the result of a job or callback that returned a promise of it. ``key`` tells when it was started.

    Raises :class:`ReassignedError` when it was given to somebody else meanwhile.
    """
    top = _in_callbacks(job)
    if top is job:
        return executor.deliver(job, key, value, host)
    hold = _hold_of(top, key)
    hold.check()
    Begun(job, clock.from_micros(key)).check()
    execution = Execution(top, hold, top.active_start, host=host)
    result = execution.of(job, job.active_start).settle(value)
    execution.run_callbacks()
    return result


def _in_callbacks(job: Job) -> Job:
    """The outermost job whose callbacks wait for this one; the job itself if there is none."""
    top = job
    while (caller := top.caller) is not None and caller.status == CALLBACKS:
        top = caller
    return top


def _hold_of(top: Job, key: int) -> Hold:
    """The hold under which a callback was started at ``key``: a claim of this dispatcher, made before that."""
    if local.dispatcher is None:
        return Begun(top, top.active_start)
    claim = None if top.agent is None else top.agent.claim_of(top)
    if claim is None or claim.key > key or claim.agent.parent.UUID != local.dispatcher.UUID:  # type: ignore[union-attr]
        raise ReassignedError("its job is no longer ours")
    return Claimed(top, claim.key)
