"""Show queues, quotas and workers in figures."""

from __future__ import annotations

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""


def run(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit code."""
    return 0
