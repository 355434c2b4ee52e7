"""Procrastinate, whose queue is a table of PostgreSQL; in the safest way a periodic task looks for lost jobs."""

from __future__ import annotations

import asyncio
import os
import sys
from functools import cache
from typing import Any

from procrastinate import App
from procrastinate import PsycopgConnector
from psycopg_pool import AsyncConnectionPool

from benchmarks.peers.systems import CONCURRENCY
from benchmarks.peers.systems import System
from benchmarks.peers.systems import setting
from benchmarks.peers.systems import work
from benchmarks.peers.systems.rows import INSERT


app = App(connector=PsycopgConnector(conninfo=setting("postgresql")))


@cache
def _pool() -> Any:
    return AsyncConnectionPool(setting("postgresql"), min_size=1, max_size=CONCURRENCY, open=False)


@app.task
async def note(number: int) -> None:
    work.mark(number)


@app.task
async def row(number: int) -> None:
    await _pool().open()
    async with _pool().connection() as connection:
        await connection.execute(INSERT, [number])
    work.mark(number)


@app.task
async def slow_row(number: int) -> None:
    await asyncio.sleep(work.HALF)
    await row(number)
    await asyncio.sleep(work.HALF)


if setting("safest"):

    @app.periodic(cron="*/5 * * * * *")
    @app.task(queueing_lock="retry_stalled_jobs", pass_context=True)
    async def retry_stalled_jobs(context: Any, timestamp: int) -> None:
        for job in await app.job_manager.get_stalled_jobs():
            await app.job_manager.retry_job(job)


TASKS = {"note": note, "row": row, "slow_row": slow_row}


class Procrastinate(System):
    packages = ("procrastinate", "psycopg")

    def prepare(self) -> None:
        super().prepare()
        app.open()
        app.schema_manager.apply_schema()

    def enqueue(self, kind: str, number: int) -> None:
        TASKS[kind].defer(number=number)

    def work(self) -> None:
        command = [sys.executable, "-m", "procrastinate", "--app", f"{__name__}.app", "worker"]
        os.execv(sys.executable, [*command, "--concurrency", str(CONCURRENCY)])

    def held(self) -> int:
        counted = self.database.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND task_name LIKE '%row'"
        )
        return counted.fetchone()[0]


SYSTEM = Procrastinate()
