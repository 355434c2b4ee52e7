"""Hand out jobs of a paused queue again."""

from __future__ import annotations

import argparse

from plone.app.async_.cli.steer_queue import configure
from plone.app.async_.cli.steer_queue import steer


__all__ = ["configure", "run"]


def run(arguments: argparse.Namespace) -> int:
    """Do it; 0, or 1 if there is no such queue."""
    return steer(arguments, "resume")
