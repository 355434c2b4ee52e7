"""Functions that tests queue with the service; worker processes import them too."""

from __future__ import annotations

import os
import threading
from typing import Any

from Acquisition import aq_base

from zc.async_ import local


def count_run(site: Any) -> int:
    """Count the run in the site."""
    site.runs_of_jobs = getattr(aq_base(site), "runs_of_jobs", 0) + 1
    return site.runs_of_jobs


def count_run_and_die_once(site: Any) -> int:
    """The same; and the first time, end the process when the site is stored and the queues are not."""
    runs = count_run(site)
    if runs == 1:
        storage = local.getJob()._p_jar.db().storage
        mine, finish = threading.get_ident(), storage.tpc_finish

        def die(*args: Any) -> Any:
            if threading.get_ident() == mine:
                os._exit(9)
            return finish(*args)

        storage.tpc_finish = die
    return runs
