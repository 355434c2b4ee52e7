"""The databases of this process, as utilities."""

from __future__ import annotations

import logging
from typing import Any

import Zope2
from ZODB.interfaces import IDatabase
from zope.component import getSiteManager

from plone.app.async_.interfaces import IAsyncDatabase
from zc.async_ import oids
from zc.async_.interfaces import AsyncError


logger = logging.getLogger("plone.app.async")

ROOT = "main"
QUEUES = "async"

MISSING = """zope.conf has no database {name!r}, which the role file of this process wants. Add it, such as

  <zodb_db {name}>
    mount-point /z{name}
    <zeoclient>
      server ADDRESS
      storage {name}
    </zeoclient>
  </zodb_db>

with a <filestorage {name}> in the ZEO server's configuration; or load a role file whose name begins with single_db."""


class NoSuchDatabase(AsyncError, LookupError):
    """The database that is to hold the queues is not in zope.conf."""


class QueuesOutOfReach(AsyncError, LookupError):
    """The site's transaction does not reach the database that holds the queues."""


def find(name: str) -> Any:
    """The database of that name in zope.conf; ``NoSuchDatabase``, telling what to write there.

    Where no database is called main, the root database is meant by it.
    """
    found = Zope2.DB.databases.get(name)
    if found is None and name == ROOT:
        return Zope2.DB
    if found is None:
        raise NoSuchDatabase(MISSING.format(name=name))
    return found


def register(queues_in: str) -> None:
    """Register the root database, each database by its name, and the one with the queues."""
    components = getSiteManager()
    components.registerUtility(Zope2.DB, IDatabase)
    for name, database in Zope2.DB.databases.items():
        components.registerUtility(database, IDatabase, name)
    queues = find(queues_in)
    components.registerUtility(queues, IAsyncDatabase)
    oids.keep_apart(queues)
    warn_of_order(Zope2.DB, queues)


def warn_of_order(sites: Any, queues: Any) -> None:
    """Warn when a commit is finished in the queues before it is in the sites, whose content the job may want."""
    before, after = queues.storage.sortKey(), sites.storage.sortKey()
    if before < after:
        logger.warning(
            "Jobs can start before the content they are about is there: commits go to storage %s before %s. "
            "Rename the storage of the queues so that it sorts last",
            before,
            after,
        )
