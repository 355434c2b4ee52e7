"""The size of a Plone job, and the time to queue one, measured in the demo's real site and worker."""

from __future__ import annotations

import re
from pathlib import Path

from demo.cluster import SITE
from demo.cluster import USER
from demo.cluster import DemoCluster

from benchmarks.storage import new_objects_per_put


QUEUE_JOBS = Path(__file__).parent / "queue_plone_jobs.py"


def footprint(folder: Path, count: int = 50) -> tuple[float, float, float]:
    """Objects a Plone job adds when it is queued, bytes of storage from its queuing to its completion, and
    milliseconds of processor time that ``queueJob`` takes.
    """
    with DemoCluster(folder) as cluster:
        data = cluster.zeo.home / "Data.fs"
        settings = {"BENCH_SITE": SITE, "BENCH_USER": USER, "BENCH_COUNT": str(count), "BENCH_DATA": str(data)}
        printed = cluster.instance.run_script(QUEUE_JOBS, settings)
    found = re.search(r"bytes=([\d.]+) jobs=([\da-f]+) queueing=([\d.]+)", printed)
    if found is None:
        raise SystemExit(f"the Plone jobs were not measured: {printed}")
    text = found[2]
    oids = [bytes.fromhex(text[start : start + 16]) for start in range(0, len(text), 16)]
    return new_objects_per_put(data, oids), float(found[1]), float(found[3])
