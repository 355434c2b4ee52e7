"""``bin/instance async``: the commands of ``plone-async`` in the control script of a buildout, on its own zope.conf.

It is outside of ``plone.app.async_``, which takes a second to import: control scripts load this for all their commands.
"""

from __future__ import annotations

import logging
import os
import shlex
from typing import Any


def run(control: Any, line: str) -> None:
    """Look at job queues, and steer them: ``async -h`` lists the commands.

    ``control`` is the command loop of ``plone.recipe.zope2instance``. A script that was called with the command ends
    with its exit code; at the prompt of the loop one may go on.
    """
    _keep_logs_off_the_terminal()

    from plone.app.async_.cli.main import main
    from plone.app.async_.cli.target import CONFIG

    words = control.options.args
    os.environ[CONFIG] = control.options.configfile
    code = main(words[1:] if words else shlex.split(line))
    if words:
        raise SystemExit(code)


def _keep_logs_off_the_terminal() -> None:
    """The control script logs as its instance does: to files, which is well, and to the terminal."""
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if type(handler) is logging.StreamHandler:
            root.removeHandler(handler)
