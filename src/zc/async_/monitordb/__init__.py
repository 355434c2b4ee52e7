"""The command ``asyncdb``: what the database says about queues, workers and jobs.

``asyncdb`` is the command, and the other functions are its tools, which Python code may call with a connection, or
anything that can be adapted to one, before the arguments: ``jobs(connection, "pending", queue="mail")``. They read in
the connection's transaction and never write. What they return is plain, but for jobs, which the monitor shows as ids.
"""

from zc.async_.monitordb.command import asyncdb
from zc.async_.monitordb.command import funcs
from zc.async_.monitordb.command import help
from zc.async_.monitordb.summary import jobsummary
from zc.async_.monitordb.tools import UUIDs
from zc.async_.monitordb.tools import count
from zc.async_.monitordb.tools import job
from zc.async_.monitordb.tools import jobs
from zc.async_.monitordb.tools import jobstats
from zc.async_.monitordb.tools import lastcompleted
from zc.async_.monitordb.tools import nextpending
from zc.async_.monitordb.tools import status
from zc.async_.monitordb.tools import traceback


__all__ = [
    "UUIDs",
    "asyncdb",
    "count",
    "funcs",
    "help",
    "job",
    "jobs",
    "jobstats",
    "jobsummary",
    "lastcompleted",
    "nextpending",
    "status",
    "traceback",
]
