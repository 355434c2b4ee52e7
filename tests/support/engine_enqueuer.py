"""Queues jobs as fast as it can: ``python -m engine_enqueuer DATABASE COUNT``; prints how many commits conflicted."""

from __future__ import annotations

import sys

import transaction
from engine_database import open_database
from sample_jobs import add
from transaction.interfaces import TransientError

from zc.async_.interfaces import KEY
from zc.async_.job import Job


def main(database: str, count: str) -> None:
    db = open_database(database)
    connection = db.open()
    conflicts = done = 0
    while done < int(count):
        transaction.begin()
        connection.root()[KEY][""].put(Job(add, done))
        try:
            transaction.commit()
            done += 1
        except TransientError:
            transaction.abort()
            conflicts += 1
    print(conflicts)
    db.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
