"""Forget jobs that have ended; this cannot be undone."""

from __future__ import annotations

import argparse

from plone.app.async_.cli import steer_jobs


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    steer_jobs.configure(parser, "delete")


def run(arguments: argparse.Namespace) -> int:
    """Forget them; 0, or 1 if a job was not there or refused."""
    return steer_jobs.steer(arguments, "delete")
