"""A process that queues: ``python -m benchmarks.enqueuer PORT COUNT``; prints how many of its commits conflicted."""

from __future__ import annotations

import operator
import sys

import transaction
import ZEO
from transaction.interfaces import TransientError

from zc.async_.interfaces import KEY
from zc.async_.job import Job


def main(port: str, count: str) -> None:
    db = ZEO.DB(("127.0.0.1", int(port)), wait_timeout=30)
    connection = db.open()
    print("ready", flush=True)
    sys.stdin.readline()
    conflicts = done = 0
    while done < int(count):
        transaction.begin()
        connection.root()[KEY][""].put(Job(operator.add, 1, done))
        try:
            transaction.commit()
            done += 1
        except TransientError:
            transaction.abort()
            conflicts += 1
    print(conflicts, flush=True)
    connection.close()
    db.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
