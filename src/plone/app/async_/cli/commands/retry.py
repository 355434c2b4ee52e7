"""Queue failed or cancelled jobs again; they keep their ids."""

from __future__ import annotations

import argparse

from plone.app.async_.cli import steer_jobs


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    steer_jobs.configure(parser, "retry")


def run(arguments: argparse.Namespace) -> int:
    """Queue them again; 0, or 1 if a job was not there or refused."""
    return steer_jobs.steer(arguments, "retry")
