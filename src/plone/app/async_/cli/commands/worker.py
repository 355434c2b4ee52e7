"""Run jobs until a signal ends that: a worker without an HTTP port."""

from __future__ import annotations

import argparse
import configparser
import logging
import os
import sys
from logging.config import fileConfig
from pathlib import Path

from ZConfig import ConfigurationError
from ZEO.Exceptions import ClientDisconnected

from plone.app.async_ import headless
from plone.app.async_.cli import errors
from plone.app.async_.cli.target import CONFIG
from plone.app.async_.databases import NoSuchDatabase
from plone.app.async_.worker import PROBLEMS
from zc.async_.errors import IdentityInUse


logger = logging.getLogger("plone.app.async")

FORMAT = "%(asctime)s %(levelname)s [%(name)s][%(threadName)s] %(message)s"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    parser.add_argument(
        "zope_conf", metavar="zope.conf", nargs="?", help=f"configuration of the Zope instance to be; else ${CONFIG}"
    )
    parser.add_argument(
        "--logging", metavar="FILE", help="file whose sections say where the log goes; by default to standard error"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run jobs, and return the exit code in the end."""
    zope_conf = arguments.zope_conf or os.environ.get(CONFIG)
    if not zope_conf:
        raise errors.WrongUsage(f"name a zope.conf, or set ${CONFIG}")
    log_to(arguments.logging)
    try:
        headless.work(zope_conf)
    except Exception as error:  # the top of the process: whatever it was goes to the log, and tells the exit code
        return told(error, zope_conf)
    return errors.FINE


def log_to(ini: str | None) -> None:
    """Let the log go where the sections of that file say, or to standard error; ``WrongUsage``."""
    if ini is None:
        logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=FORMAT, force=True)
        return
    names = {"here": str(Path(ini).absolute().parent), "__file__": str(Path(ini).absolute())}
    try:
        fileConfig(ini, names, disable_existing_loggers=False)
    except (OSError, KeyError, ValueError, RuntimeError, configparser.Error) as error:
        raise errors.WrongUsage(f"{ini} does not say where to log: {one_line(error)}") from error


def told(error: Exception, zope_conf: str) -> int:
    """Log why the worker cannot start; the exit code, which tells a supervisor whether another start may help."""
    code, reason, traceback = errors.USAGE, one_line(error), False
    if isinstance(error, ClientDisconnected):
        code, reason = errors.UNREACHABLE, f"the database cannot be reached: {reason}"
    elif isinstance(error, ConfigurationError):
        reason = f"{zope_conf}: {reason}"
    elif not isinstance(error, (NoSuchDatabase, *PROBLEMS)):
        code, traceback = errors.REFUSED, True
    elif isinstance(error, IdentityInUse):
        code = errors.REFUSED
    logger.critical("This worker cannot start: %s", reason, exc_info=traceback)
    return code


def one_line(error: Exception) -> str:
    """The message of an error, as it fits into a line."""
    return " ".join(str(error).split())
