"""What agents do, one step at a time and in the test's own thread; each step is committed."""

import uuid

import transaction
from sample_jobs import add

from zc.async_ import local
from zc.async_.agent import Agent
from zc.async_.job import Job


ONE, TWO = uuid.UUID(int=1), uuid.UUID(int=2)


def hire(queue, uid=ONE, name="main", size=5, **kind):
    """An agent of a dispatcher that is alive."""
    if uid not in queue.dispatchers:
        queue.dispatchers.register(uid)
        queue.dispatchers[uid].activate()
        queue.dispatchers.ping(uid)
    queue.dispatchers[uid][name] = agent = Agent(size=size, **kind)
    transaction.commit()
    return agent


def hand_out(agent):
    """Assign the agent its next job, which is not started."""
    agent.queue.dispatchers.ping(agent.parent.UUID)
    job = agent.claimJob()
    transaction.commit()
    return job


def start(agent):
    """Have an agent start its next job, which goes on."""
    claims, _ = agent.claim_jobs(1)
    transaction.commit()
    return claims[0].job


def work(agent, clock=None, seconds=0):
    """Have an agent do its next job, and take some time after it; returns the job."""
    job = hand_out(agent)
    job()
    if clock is not None:
        clock.advance(seconds=seconds)
    return job


def die_before_callbacks(agent):
    """Leave the agent's next job as a worker does that has no time for its callbacks."""
    job = start(agent)
    job.addCallback(add)
    job.finished(agent, job.active_start, job.active_start, None)
    transaction.commit()


def takes_odd(job):
    """A filter."""
    return job.args[0] % 2


def choose(agent):
    """A chooser."""
    return agent.queue.claim()


def breaks(job):
    """A filter with an error."""
    raise AttributeError("callable")


def renames(job):
    """A filter that changes jobs."""
    job.failure_log_level = 10
    return True


def delegate():
    """A job that leaves its work to one in another queue."""
    return local.getQueue().parent["other"].put(Job(add, 1))
