"""Queues jobs that keep a ledger, also while the server is away.

``python -m ledger_keeper DATABASE BOOK COUNT [AT_ONCE]``; AT_ONCE jobs go into one transaction.
"""

from __future__ import annotations

import sys

from engine_database import open_database
from ledger import enter

from zc.async_.interfaces import KEY


def main(database: str, book: str, count: str, at_once: str = "1") -> None:
    connection = open_database(database).open()
    queue = connection.root()[KEY][""]
    print("queueing", flush=True)
    for first in range(0, int(count), int(at_once)):
        enter(queue, book, range(first, min(first + int(at_once), int(count))))
    connection.db().close()


if __name__ == "__main__":
    main(*sys.argv[1:])
