"""The engine without Zope or Plone: a ZEO server, a worker process, and a process that queues jobs.

``python examples/plain_zodb.py`` plays all three and ends when the jobs are done.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import transaction
import ZEO
from zope.component import provideHandler

from zc.async_ import configure
from zc.async_.dispatcher import Dispatcher
from zc.async_.interfaces import KEY
from zc.async_.interfaces import DatabaseOpened
from zc.async_.subscribers import agent_installer
from zc.async_.subscribers import queue_installer
from zc.async_.testing import wait_for_result


def worker(port: int) -> None:
    """Run jobs until standard input ends."""
    configure.base()  # the identity of this process, from the file named by ZC_ASYNC_UUID
    provideHandler(agent_installer)  # give the dispatcher an agent with three threads
    db = ZEO.DB(port)
    dispatcher = Dispatcher(db)
    dispatcher.activate()
    sys.stdin.read()
    dispatcher.deactivate(timeout=10)
    db.close()


def queue_jobs(port: int) -> None:
    """Queue some jobs in one transaction, and wait for them."""
    db = ZEO.DB(port)
    queue_installer(DatabaseOpened(db))  # harmless if the queue is there already
    connection = db.open()
    queue = connection.root()[KEY][""]
    jobs = [queue.put(math.sqrt) for _ in range(3)]
    for number, job in enumerate(jobs):
        job.args.append(number * number)
    transaction.commit()
    for job in jobs:
        print(job.args[0], "->", wait_for_result(job), "by", job.agent.parent.UUID)
    connection.close()
    db.close()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        address, stop_server = ZEO.server(os.path.join(folder, "Data.fs"))
        environment = {**os.environ, "ZC_ASYNC_UUID": os.path.join(folder, "uuid.txt")}
        command = [sys.executable, str(Path(__file__)), "worker", str(address[1])]
        running = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)
        try:
            queue_jobs(address[1])
        finally:
            running.communicate()
            stop_server()


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        worker(int(sys.argv[2]))
    else:
        main()
