"""Cancel jobs: waiting ones end at once, running ones are asked to end."""

from __future__ import annotations

import argparse

from plone.app.async_.cli import steer_jobs


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    steer_jobs.configure(parser, "cancel")
    parser.add_argument("--reason", metavar="TEXT", default="", help="why, for those who look at the job")


def run(arguments: argparse.Namespace) -> int:
    """Cancel them; 0, or 1 if a job was not there or refused."""
    return steer_jobs.steer(arguments, "cancel", arguments.reason)
