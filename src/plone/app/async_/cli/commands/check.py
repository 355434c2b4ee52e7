"""Find out what is wrong, and tell it in plain words: what, why it matters, and what to do.

With --config, the configuration of that process is looked at, too.
"""

from __future__ import annotations

import argparse

from plone.app.async_.cli import identity
from plone.app.async_.cli import target
from plone.app.async_.cli.errors import FINE
from plone.app.async_.cli.errors import REFUSED
from plone.app.async_.cli.opening import opened
from plone.app.async_.cli.output import Output
from plone.app.async_.cli.output import print_json
from plone.app.async_.cli.target import target_of
from plone.app.async_.cli.texts import number
from plone.app.async_.cli.zopeconf import ZopeConf
from plone.app.async_.overview.diagnosis import Finding
from plone.app.async_.overview.diagnosis import diagnose


INDENT = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    target.configure(parser)
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print what is found; 0, or 1 if there is a problem."""
    where = target_of(arguments)
    found = [] if where.config is None else list(identity.diagnose(ZopeConf(where.config)))
    with opened(where) as connection:
        found += diagnose(connection)
    found.sort(key=lambda finding: not finding.is_problem)
    problems = sum(finding.is_problem for finding in found)
    if arguments.json:
        print_json(found)
    else:
        _print(found, problems)
    return REFUSED if problems else FINE


def _print(found: list[Finding], problems: int) -> None:
    output = Output()
    for finding in found:
        kind, style = ("PROBLEM", "bold red") if finding.is_problem else ("NOTE", "yellow")
        output.labelled(kind, finding.what, "bold", style, INDENT)
        for label, text in ("why", finding.why), ("do", finding.remedy), ("jobs", ", ".join(finding.jobs)):
            if text:
                output.labelled(label, text, label_style="dim", indent=INDENT)
        output.line()
    if problems:
        output.line(f"{number(problems, 'problem')} found.", "bold red")
    else:
        output.line("No problems found.", "bold green")
