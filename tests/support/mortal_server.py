"""A ZEO server that dies as if by kill -9 when a commit comes to the point that a file names.

``python mortal_server.py -C zeo.conf``; the file is called ``dies-at``, is beside the configuration, and goes with it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ZEO.runzeo import main
from ZODB.FileStorage import FileStorage


ORDER = "dies-at"

POINTS = ("begun", "voted", "announced", "finished")
"""Nothing is written; all is, but not marked as valid; others were told of the changes; the one who commits was not."""


class Death:
    """Waits in the commits of all storages."""

    def __init__(self, order: Path) -> None:
        self._order = order
        self._vote, self._finish = FileStorage.tpc_vote, FileStorage.tpc_finish

    def install(self) -> None:
        FileStorage.tpc_vote = lambda storage, transaction: self._voting(storage, transaction)
        FileStorage.tpc_finish = lambda storage, transaction, f=None: self._finishing(storage, transaction, f)

    def _voting(self, storage: FileStorage, transaction: Any) -> Any:
        self._comes("begun")
        answer = self._vote(storage, transaction)
        self._comes("voted")
        return answer

    def _finishing(self, storage: FileStorage, transaction: Any, tell: Callable[[bytes], None]) -> Any:
        def told(tid: bytes) -> None:
            tell(tid)
            self._comes("announced")

        tid = self._finish(storage, transaction, told)
        self._comes("finished")
        return tid

    def _comes(self, point: str) -> None:
        if self._order.exists() and self._order.read_text("utf-8") == point:
            self._order.unlink()
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    Death(Path(sys.argv[-1]).with_name(ORDER)).install()
    main()
