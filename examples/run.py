"""Show a job going from a Plone site to a worker and back.

``demo`` starts a ZEO server, an instance and a worker, lets a job create a
page, tells what happened, stops everything and ends with 0; with 1 if anything
went wrong.  ``start`` leaves the three processes running until Ctrl-C.  With
``--multi-db`` the queues are in a database of their own.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from cluster import ProcessFailed
from cluster import wait_until
from demo.browser import HTTPFailed
from demo.cluster import MULTI_DB
from demo.cluster import SINGLE_DB
from demo.cluster import SITE
from demo.cluster import USER
from demo.cluster import DemoCluster
from demo.scenario import JobFailed
from demo.scenario import run_a_job


NEEDED = "plone.app.async", "plone.app.asyncdemo"
EXPECTED = ProcessFailed, HTTPFailed, JobFailed, TimeoutError, OSError


def say(line: str) -> None:
    print(line, flush=True)


def parse(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("demo", "start"))
    for name in "zeo", "instance", "worker", "monitor":
        parser.add_argument(f"--{name}-port", type=int, help="default: a free one")
    parser.add_argument("--multi-db", action="store_true", help="queues in a second storage of the ZEO server")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="use this new or empty folder and leave it there")
    return parser.parse_args(words)


def interrupted(number: int, frame: FrameType | None) -> None:
    """Stop what was started, and do not let impatience leave half of it."""
    for each in signal.SIGINT, signal.SIGTERM:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


def choose_home(stack: ExitStack, keep: Path | None) -> Path:
    if keep is None:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="plone.app.async-")))
    keep.mkdir(parents=True, exist_ok=True)
    if any(keep.iterdir()):
        raise OSError(f"{keep} is not empty")
    return keep.resolve()


def missing() -> list[str]:
    def is_missing(name: str) -> bool:
        try:
            importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            return True
        return False

    return [name for name in NEEDED if is_missing(name)]


def stay(cluster: DemoCluster) -> None:
    """Return only by an exception: Ctrl-C, or a process that ended."""
    say(f"  site      {cluster.site_url}")
    say(f"  log in    {USER} {cluster.password}, or manager with the same password")
    say(f"  Zope      {cluster.instance.url}/Control_Panel/@@manage-jobs, as admin with the same password")
    say(f"  queue     {cluster.site_url}/@@async-demo")
    say(f"  jobs      {cluster.site_url}/@@my-jobs, and all, for the manager: {cluster.site_url}/@@manage-job-queue")
    say(f"  worker    {cluster.worker.url}/{SITE}")
    say(f"  monitor   echo async status | nc 127.0.0.1 {cluster.worker.monitor_port}")
    say(f"  files     {cluster.home}")
    say("Ctrl-C stops everything.")

    def ended() -> str | None:
        gone = [process for process in cluster.processes.values() if process.exit_code is not None]
        return f"{gone[0].name} ended with exit code {gone[0].exit_code}" if gone else None

    raise ProcessFailed(wait_until(ended, "", float("inf"), pause=0.5))


def run(options: argparse.Namespace) -> None:
    with ExitStack() as stack:
        home = choose_home(stack, options.keep)
        ports = options.zeo_port, options.instance_port, options.worker_port, options.monitor_port
        cluster = DemoCluster(home, ports, say, MULTI_DB if options.multi_db else SINGLE_DB)
        try:
            with cluster:
                run_a_job(cluster, say)
                if options.command == "start":
                    stay(cluster)
        except EXPECTED:
            for process in cluster.processes.values():
                say(f"\n--- the last lines of {process.log}\n{process.tail()}")
            say("")
            raise


def main(words: list[str]) -> int:
    options = parse(words)
    lacking = missing()
    if lacking:
        say(f"Not installed here: {', '.join(lacking)}. Use the Python of the project's environment, or: make demo")
        return 1
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGINT, interrupted)
    try:
        run(options)
    except KeyboardInterrupt:
        say("Stopped.")
        return 0 if options.command == "start" else 1
    except EXPECTED as error:
        say(f"Failed: {error}")
        return 1
    say("Everything is stopped again.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
