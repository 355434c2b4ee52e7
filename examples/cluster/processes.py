"""One child process with a log."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path

from cluster.waiting import wait_until


class ProcessFailed(Exception):
    """A process ended that should run, or ended badly."""


class Process:
    """A child process in a session of its own, so that Ctrl-C does not reach it.

    Whoever starts it must stop it.  Its output is appended to ``log``.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        log: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.name = name
        self._asked = False
        self.log = log
        self._seen = log.stat().st_size if log.exists() else 0
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})},
                cwd=folder,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """``None`` while it runs; negative after a signal's default action."""
        return self._popen.poll()

    def output(self) -> str:
        """What it has written since this object started it."""
        with self.log.open("rb") as file:
            file.seek(self._seen)
            return file.read().decode("utf-8", "replace")

    def tail(self, lines: int = 25) -> str:
        return "\n".join(self.output().splitlines()[-lines:])

    def wait_for(self, condition: Callable[[], object], what: str, seconds: float) -> None:
        """Return once ``condition`` holds; raise if the process ends before."""

        def holds() -> bool:
            if condition():
                return True
            if self.exit_code is not None:
                raise ProcessFailed(f"{self.name} ended with exit code {self.exit_code} before it was ready: {what}")
            return False

        wait_until(holds, f"{self.name}: {what}", seconds)

    def wait(self, seconds: float) -> int:
        """Its exit code, once it has ended; ``subprocess.TimeoutExpired``."""
        return self._popen.wait(seconds)

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        if self.exit_code is None:
            self._popen.send_signal(number)

    def terminate(self) -> None:
        """Ask it to end, once, and do not wait."""
        if not self._asked:
            self._asked = True
            self.send(signal.SIGTERM)

    def stop(self, seconds: float = 15) -> int:
        """Ask it to end, insist after that time, and return its exit code."""
        self.terminate()
        try:
            return self.wait(seconds)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int:
        self.send(signal.SIGKILL)
        return self.wait(10)
