"""RelStorages on a PostgreSQL server, for databases of the engine alone and of Zope."""

from dataclasses import dataclass
from dataclasses import replace
from pathlib import Path
from textwrap import indent

from cluster import ASYNC
from cluster import MAIN
from cluster import Storage
from demo.cluster import MULTI_DB
from lab import Lab
from postgresql import PostgreSQL
from ZODB.config import storageFromString


IMPORT = "%import relstorage\n"

RELSTORAGE = """\
<relstorage>
  <postgresql>
    dsn {dsn}
  </postgresql>
  name {name}
  keep-history false
  blob-dir {blobs}
  shared-blob-dir false
  cache-local-mb 32
</relstorage>"""

ZODB_DB = """\
<zodb_db {name}>
  mount-point {mount_point}
  cache-size 30000
{storage}
</zodb_db>"""


def relstorage(dsn, blobs, name="main"):
    """The section of a configuration; ``blobs`` is the process's own folder, for copies.

    Commits go to storages in the order of their names.
    """
    return RELSTORAGE.format(dsn=dsn, blobs=blobs, name=name)


@dataclass
class RelStorages:
    """What a ZEO server is to the clients of a cluster."""

    server: PostgreSQL
    storages: tuple[Storage, ...] = (MAIN, ASYNC)

    def create(self):
        for storage in self.storages:
            self.server.create_database(storage.database)

    def relstorage(self, storage, client):
        blobs = Path(client) / f"blobs-{storage.database}"
        return relstorage(self.server.dsn(storage.database), blobs, storage.name)

    def section(self, storage, client):
        section = ZODB_DB.format(
            name=storage.database,
            mount_point=storage.mount_point,
            storage=indent(self.relstorage(storage, client), "  "),
        )
        return IMPORT + section if storage is self.storages[0] else section


class RelStorageLab(Lab):
    """Its instance and its worker share nothing but a PostgreSQL server, which holds content and queues."""

    def __init__(self, home, server):
        super().__init__(home, layout=MULTI_DB)
        self.zeo = RelStorages(server)
        self.instance = replace(self.instance, zeo=self.zeo)
        self.worker = replace(self.worker, zeo=self.zeo)

    def start_server(self):
        """It runs already."""
        self.zeo.create()

    def open(self, storage=MAIN, read_only=True):
        return storageFromString(IMPORT + self.zeo.relstorage(storage, self.home / "reader"))
