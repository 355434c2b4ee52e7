"""What went wrong with a job, as data: type, message, and the frames, those of users' code told apart."""

from __future__ import annotations

import linecache
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Any

from zc.async_.failures import isFailure
from zc.async_.redact import plain_text


if TYPE_CHECKING:
    from zc.async_.job import Job

LONGEST_MESSAGE = 2000
LONGEST_LINE = 200

MACHINERY = (
    "/zc/async_/",
    "/plone/app/async_/",
    "/twisted/",
    "/transaction/",
    "/ZPublisher/",
    "/ZODB/",
    "/concurrent/futures/",
)
"""Parts of the files' paths whose frames faces fold away."""


@dataclass(frozen=True)
class Frame:
    """A line of a traceback; ``is_users`` unless it belongs to the machinery that runs jobs."""

    function: str
    file: str
    line: int
    source: str
    is_users: bool


@dataclass(frozen=True)
class FailureText:
    """A failure; frames outermost first. Texts are anybody's: faces escape them."""

    type: str
    message: str
    frames: tuple[Frame, ...]

    @property
    def users_frames(self) -> tuple[Frame, ...]:
        """The frames to show first."""
        return tuple(frame for frame in self.frames if frame.is_users)

    @property
    def traceback(self) -> str:
        """All of it as one text."""
        lines = ["Traceback (most recent call last):"] if self.frames else []
        for frame in self.frames:
            lines.append(f'  File "{frame.file}", line {frame.line}, in {frame.function}')
            if frame.source:
                lines.append(f"    {frame.source}")
        return "\n".join([*lines, f"{self.type}: {self.message}"])


def failure_text(result: Any) -> FailureText | None:
    """The failure that a job's result is; None for other results."""
    if not isFailure(result):
        return None
    frames = tuple(_frame(*frame[:3]) for frame in result.frames)
    return FailureText(_type_name(result), plain_text(result.getErrorMessage(), LONGEST_MESSAGE), frames)


def failure_line(result: Any, longest: int = 200) -> str:
    """Type and message in a line; empty for results that are no failures."""
    if not isFailure(result):
        return ""
    return plain_text(f"{_type_name(result)}: {' '.join(result.getErrorMessage()[:1000].split())}", longest)


def last_error(job: Job) -> str:
    """Type and message of the error after which a job was put off, in a line; empty if it was not, or has ended."""
    data = None if job.is_completed else getattr(job._retry_policy, "data", None)
    failures = [value for value in (data or {}).values() if isFailure(value)]
    return failure_line(failures[-1]) if failures else ""


def _type_name(result: Any) -> str:
    kind = result.type
    return kind.__qualname__ if isinstance(kind, type) else str(kind)


def _frame(function: str, file: str, line: int) -> Frame:
    path = file.replace("\\", "/")
    source = linecache.getline(file, line).strip()[:LONGEST_LINE]
    return Frame(function, file, line, source, not any(part in path for part in MACHINERY))
