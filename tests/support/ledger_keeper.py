"""Queues jobs that keep a ledger, also while the server is away.

``python -m ledger_keeper DATABASE BOOK COUNT [AT_ONCE [PAUSE]]``; AT_ONCE jobs go into one transaction, and PAUSE
seconds pass between two of those.
"""

from __future__ import annotations

import sys
import time

from engine_database import open_database
from ledger import enter

from zc.async_.interfaces import KEY
from zc.async_.oids import keep_apart


def main(database: str, book: str, count: str, at_once: str = "1", pause: str = "0") -> None:
    db = open_database(database)
    keep_apart(db)
    connection = db.open()
    queue = connection.root()[KEY][""]
    print("queueing", flush=True)
    for first in range(0, int(count), int(at_once)):
        enter(queue, book, range(first, min(first + int(at_once), int(count))))
        time.sleep(float(pause))
    db.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
