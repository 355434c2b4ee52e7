"""The databases of this process, as utilities."""

from __future__ import annotations

from typing import Any

import Zope2
from ZODB.interfaces import IDatabase
from zope.component import getSiteManager

from plone.app.async_.interfaces import IAsyncDatabase


ROOT = "main"


def find(name: str) -> Any:
    """The database of that name in zope.conf; ``LookupError``.

    Where no database is called main, the root database is meant by it.
    """
    found = Zope2.DB.databases.get(name)
    if found is None and name == ROOT:
        return Zope2.DB
    if found is None:
        raise LookupError(f"No <zodb_db {name}> is in zope.conf")
    return found


def register(queues_in: str) -> None:
    """Register the root database, each database by its name, and the one with the queues."""
    components = getSiteManager()
    components.registerUtility(Zope2.DB, IDatabase)
    for name, database in Zope2.DB.databases.items():
        components.registerUtility(database, IDatabase, name)
    components.registerUtility(find(queues_in), IAsyncDatabase)
