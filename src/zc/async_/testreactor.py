"""A reactor that a test drives by hand, with a clock that stands still in between."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from typing import Any

from twisted.internet.defer import Deferred

from zc.async_ import clock
from zc.async_ import dispatcher


FIRST_MOMENT = datetime(2006, 8, 10, 15, 44, 22, 211, tzinfo=timezone.utc)

STOP_PATIENCE = 10
"""Seconds for which :meth:`Reactor.stop` waits for what its triggers have begun."""

_now = FIRST_MOMENT


def set_now(moment: datetime) -> None:
    """Let the stopped clock show that moment (UTC if it is naive), and the dispatchers look at it."""
    global _now
    _now = moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment
    for one in dispatcher.registered():
        one.wake()


def setUpDatetime() -> None:
    """Stop the engine's clock at 2006-08-10 15:44:22.000211 UTC, until :func:`set_now`."""
    set_now(FIRST_MOMENT)
    clock.set_source(lambda: _now)


def tearDownDatetime() -> None:
    """Let the engine's clock show the system's time again."""
    clock.set_source(None)


class Call:
    """Something that the reactor is to do; may be cancelled."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self.act: Callable[[], Any] | None = act

    def cancel(self) -> None:
        """Do not do it."""
        self.act = None


class Reactor:
    """Does what is due when the test lets time pass: in the test's thread, in order of time.

    Anything but ``callWhenRunning`` and ``addSystemEventTrigger`` raises ``ValueError('not started')`` before
    :meth:`start`, which stops the clock until :meth:`stop`.
    """

    def __init__(self) -> None:
        self.running = False
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._calls: list[tuple[datetime, int, Call]] = []
        self._when_running: list[Callable[[], Any]] = []
        self._triggers: list[Callable[[], Any]] = []

    # As a reactor

    def callLater(self, seconds: float, callable: Callable[..., Any], *args: Any, **kwargs: Any) -> Call:
        """Do it once so much time has passed."""
        self._check()
        call = Call(lambda: callable(*args, **kwargs))
        with self._lock:
            heapq.heappush(self._calls, (clock.now() + timedelta(seconds=seconds), next(self._numbers), call))
        return call

    def callFromThread(self, callable: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Do it as soon as any time passes. From any thread."""
        self.callLater(0, callable, *args, **kwargs)

    def callInThread(self, callable: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Do it at once in a thread."""
        self._check()
        threading.Thread(target=callable, args=args, kwargs=kwargs, name="zc.async test", daemon=True).start()

    def callWhenRunning(self, callable: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Do it at the start, or now if that is over."""
        if self.running:
            callable(*args, **kwargs)
        else:
            self._when_running.append(lambda: callable(*args, **kwargs))

    def addSystemEventTrigger(
        self, phase: str, event: str, callable: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> None:
        """Do it before the shutdown, the only event there is."""
        if (phase, event) != ("before", "shutdown"):
            raise ValueError("only 'before', 'shutdown' is known", phase, event)
        self._triggers.append(lambda: callable(*args, **kwargs))

    def _check(self) -> None:
        if not self.running:
            raise ValueError("not started")

    # For the test

    def start(self) -> None:
        """Stop the clock, and do what was to be done at the start."""
        setUpDatetime()
        self.running = True
        while self._when_running:
            self._when_running.pop(0)()

    def stop(self) -> None:
        """Do what was to be done before the shutdown, wait for its Deferreds, and let the clock go on."""
        pause = threading.Event()
        pending = [trigger() for trigger in self._triggers]
        self._triggers.clear()
        for outcome in pending:
            for _ in range(STOP_PATIENCE * 100):
                if not isinstance(outcome, Deferred) or outcome.called:
                    break
                if not self.time_passes():
                    pause.wait(0.01)
        self.running = False
        self._calls.clear()
        tearDownDatetime()

    def time_passes(self) -> bool:
        """Do one thing that is due; False if there is none."""
        with self._lock:
            if not self._calls or self._calls[0][0] > clock.now():
                return False
            _, _, call = heapq.heappop(self._calls)
        if call.act is not None:
            call.act()
        return True

    def time_flies(self, seconds: float) -> int:
        """Let that much time pass, and do what becomes due meanwhile; how many things that were."""
        self._check()
        end, done = clock.now() + timedelta(seconds=seconds), 0
        while True:
            while self.time_passes():
                done += 1
            with self._lock:
                due = self._calls[0][0] if self._calls else end
            if clock.now() >= end:
                return done
            set_now(min(due, end))

    def wait_for(self, *jobs: Any, attempts: int = 10, poll_interval: float = 5) -> bool:
        """Let time fly until the jobs are completed; prints ``TIME OUT`` if they are not after that many steps."""
        pause = threading.Event()
        for _ in range(attempts):
            self.time_flies(poll_interval)
            for _ in range(50):
                if all(_is_completed(job) for job in jobs):
                    return True
                pause.wait(0.01)
        print("TIME OUT")
        return False


def _is_completed(job: Any) -> bool:
    job._p_jar.transaction_manager.begin()
    return job.is_completed
