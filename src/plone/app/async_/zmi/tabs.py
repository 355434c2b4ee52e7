"""The tab of our page, beside those of Zope's own pages in the Control_Panel."""

from __future__ import annotations

from typing import Any

from App.ApplicationManager import ApplicationManager
from App.ApplicationManager import ConfigurationViewer
from App.ApplicationManager import DatabaseChooser
from App.ApplicationManager import DebugManager
from App.DavLockManager import DavLockManager
from App.ZODBConnectionDebugger import ZODBConnectionDebugger


PAGE = "@@manage-jobs"
LABEL = "Asynchronous jobs"

BESIDE = (ConfigurationViewer, DatabaseChooser, DavLockManager, DebugManager, ZODBConnectionDebugger)


def add_tabs(event: Any = None) -> None:
    """Add the tab to all pages of the Control_Panel that lack it. For the main thread, when Zope starts.

    Zope shows it to those only who may open the page.
    """
    _add(ApplicationManager, PAGE)
    for page in BESIDE:
        _add(page, f"../{PAGE}")


def _add(page: Any, address: str) -> None:
    tab = {"label": LABEL, "action": address}
    if tab not in page.manage_options:
        page.manage_options = (*page.manage_options, tab)
