"""``bin/instance async``: the same commands in the control script of a buildout, on the instance's own zope.conf."""

from __future__ import annotations

import os
import shlex
from typing import Any

from plone.app.async_.cli.main import main
from plone.app.async_.cli.target import CONFIG


def run(control: Any, line: str) -> None:
    """Look at job queues, and steer them: ``async -h`` lists the commands.

    ``control`` is the command loop of ``plone.recipe.zope2instance``. A script that was called with the command ends
    with its exit code; at the prompt of the loop one may go on.
    """
    words = control.options.args
    os.environ[CONFIG] = control.options.configfile
    code = main(words[1:] if words else shlex.split(line))
    if words:
        raise SystemExit(code)
