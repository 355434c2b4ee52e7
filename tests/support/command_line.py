"""Queues in a file, a zope.conf that names it, and the program run on it within this process."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from ZODB.DB import DB
from ZODB.FileStorage import FileStorage
from ZODB.utils import u64

from plone.app.async_.cli.main import main
from plone.app.async_.environment import Environment
from plone.app.async_.job import ServiceJob
from plone.app.async_.references import ContentReference
from zc.async_ import clock
from zc.async_.agent import Agent
from zc.async_.interfaces import KEY
from zc.async_.job import Job
from zc.async_.processinfo import ProcessInfo
from zc.async_.queue import Queue
from zc.async_.queue import Queues


PROGRAM = Path(sys.executable).with_name("plone-async")
WORKER = UUID("12345678-1234-4234-8234-123456789abc")


@dataclass(frozen=True)
class Answer:
    """What the program said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def lines(self):
        return self.out.splitlines()


def run_program(words, capsys):
    """Run ``plone-async`` within this process."""
    try:
        code = main(words)
    except SystemExit as error:
        code = error.code
    captured = capsys.readouterr()
    return Answer(code, captured.out, captured.err)


def ask(*words, timeout=60):
    """Run ``plone-async`` as a process."""
    command = [str(PROGRAM), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=timeout)
    return Answer(done.returncode, done.stdout, done.stderr)


# A home


def write_conf(home, databases=("main",), environment=()):
    """Write the zope.conf of an instance home."""
    mounts = {"main": "/"}
    sections = [
        f"<zodb_db {name}>\n  mount-point {mounts.get(name, f'/z{name}')}\n"
        f"  <filestorage>\n    path {home}/var/{name}.fs\n  </filestorage>\n</zodb_db>"
        for name in databases
    ]
    variables = [f"  {name} {value}" for name, value in environment]
    lines = [f"instancehome {home}", "<environment>", *variables, "</environment>", *sections, ""]
    (home / "etc/zope.conf").write_text(os.linesep.join(lines))


@contextmanager
def written(home, name="main"):
    """The root of a database, to be written; committed in the end."""
    db = DB(FileStorage(str(home / f"var/{name}.fs")), database_name=name)
    try:
        with db.transaction() as connection:
            yield connection.root()
    finally:
        db.close()


# Queues


def make_queues(root):
    """The queues of a database; the default one is made."""
    root[KEY] = Queues()
    root._p_jar.add(root[KEY])
    root[KEY][""] = Queue()
    root._p_jar.add(root[KEY][""])
    root[KEY][""].quotas.create("default", 1)
    root._p_jar.transaction_manager.commit()
    return root[KEY]


def put(queue, function, *args, user="ann", site="Plone", **kwargs):
    """Queue what is a site's job; returns its id."""
    here = Environment(("", site), ("", site, "acl_users"), user, ())
    job = ServiceJob(function, ContentReference(("", site, "page"), None), here, args, kwargs)
    queue.put(job)
    return id_of(job)


def put_plain(queue, function, *args, quota_names=(), **terms):
    """Queue a job of no site; returns it."""
    job = Job(function, *args)
    job.quota_names = quota_names
    queue.put(job, **terms)
    queue._p_jar.transaction_manager.commit()
    return job


def id_of(job):
    return str(u64(job._p_oid))


def start_worker(queue, uuid=WORKER, host="worker-1", size=3, version="2.0.0"):
    """Let a worker look alive; returns its agent."""
    record = queue.dispatchers.register(uuid)
    record["main"] = Agent(size=size)
    record.activate(ProcessInfo(host, 4711, clock.to_micros(clock.now()), version))
    queue.dispatchers.ping(uuid)
    queue._p_jar.transaction_manager.commit()
    return record["main"]


def work_off(queue):
    """Run all jobs that may start, as a worker does."""
    agent = queue.dispatchers[WORKER]["main"] if WORKER in queue.dispatchers else start_worker(queue)
    commit = queue._p_jar.transaction_manager.commit
    queue.dispatchers.ping(WORKER)
    while (job := agent.claimJob()) is not None:
        commit()
        job()
    agent.file_completed()
    commit()
