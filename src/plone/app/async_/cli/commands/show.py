"""Show all about one job: arguments, course, result or traceback, log, and why it has not begun."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from plone.app.async_.cli import session
from plone.app.async_.cli.errors import FINE
from plone.app.async_.cli.errors import CommandFailed
from plone.app.async_.cli.jobtable import remark
from plone.app.async_.cli.output import COLOURS
from plone.app.async_.cli.output import Output
from plone.app.async_.cli.output import print_json
from plone.app.async_.cli.texts import NOTHING
from plone.app.async_.cli.texts import in_english
from plone.app.async_.cli.texts import moment
from plone.app.async_.cli.texts import span
from plone.app.async_.forms.filters import queue_word
from plone.app.async_.overview.details import JobDetails
from plone.app.async_.overview.json import details_data


Section = tuple[str, list[str]]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    session.configure(parser)
    parser.add_argument("job", metavar="JOB", help="the id of the job")
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the job; 0, or 1 if there is no such job."""
    session.require_whole_scope(arguments)
    with session.looking(arguments) as board:
        job = board.job(arguments.job)
        if job is None:
            raise CommandFailed(f"there is no job {arguments.job}")
        if arguments.json:
            print_json(details_data(job))
        else:
            _print(job)
    return FINE


def _print(job: JobDetails) -> None:
    output = Output()
    for label, value, style in _facts(job):
        if value and value != NOTHING:
            output.labelled(label, value, style)
    for title, lines in _sections(job):
        if lines:
            output.line()
            output.line(title, "bold")
            for line in lines:
                output.labelled("", line, indent=2)


def _facts(job: JobDetails) -> Iterator[tuple[str, str, str]]:
    summary = job.summary
    yield "job", summary.id, ""
    yield "callable", summary.callable, ""
    yield "title", summary.title, ""
    yield "state", str(summary.state), COLOURS[summary.state]
    yield "remark", remark(summary), ""
    yield "user", summary.user_id or "", ""
    yield "site", summary.site, ""
    yield "context", summary.context, ""
    yield "queue", queue_word(summary.queue), ""
    yield "quotas", ", ".join(summary.quotas), ""
    yield "priority", str(summary.priority), ""
    yield "queued", moment(summary.queued), ""
    yield "begin after", moment(summary.begin_after) if summary.begin_after != summary.queued else "", ""
    yield "begin by", moment(summary.begin_by), ""
    yield "started", moment(summary.started), ""
    yield "ended", moment(summary.ended), ""
    yield "waited", span(summary.waited), ""
    yield "ran", span(summary.ran), ""
    yield "attempts", str(summary.attempts), ""
    yield "worker", summary.worker, ""
    yield "callback of", job.caller or "", ""
    yield "callbacks", ", ".join(job.callbacks), ""
    yield "parts", ", ".join(job.parts), ""
    yield "waits for", ", ".join(job.waits_for), ""
    yield "waited for", ", ".join(job.waited_for_by), ""
    yield "result", job.result, ""


def _sections(job: JobDetails) -> Iterator[Section]:
    yield "Why it has not begun", [in_english(reason) for reason in job.reasons]
    yield "Arguments", [f"{argument.name} = {argument.text}" for argument in job.arguments]
    yield "Course", [f"{moment(event.time)}  {event.what:10}{event.details}".rstrip() for event in job.timeline]
    yield "Notes", [f"{each.name} = {each.text}" for each in job.annotations]
    yield "Log", [f"{moment(line.time)}  {line.level} [{line.logger}] {line.text}" for line in job.log]
    yield "Failure", [] if job.failure is None else job.failure.traceback.splitlines()
