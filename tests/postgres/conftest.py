"""A real PostgreSQL server, and RelStorages on it that processes share."""

import itertools

import pytest
from engine_fixtures import launch
from engine_fixtures import put
from engine_fixtures import queue
from engine_fixtures import start_worker
from postgresql import PostgreSQL
from relstorage_lab import IMPORT
from relstorage_lab import RelStorageLab
from relstorage_lab import relstorage


__all__ = ["database", "launch", "put", "queue", "server", "start_worker"]

DATABASE = "<zodb main>\n{storage}\n</zodb>\n"

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server():
    server = PostgreSQL()
    try:
        server.create()
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def name(server):
    """The name of a database of the test's own."""
    name = f"zodb{next(_numbers)}"
    server.create_database(name)
    return name


@pytest.fixture
def database(server, name, tmp_path):
    file = tmp_path / "zodb.conf"
    storage = relstorage(server.dsn(name), tmp_path / "blobs")
    file.write_text(IMPORT + DATABASE.format(storage=storage), "utf-8")
    return str(file)


@pytest.fixture(scope="session")
def lab(server, tmp_path_factory):
    with RelStorageLab(tmp_path_factory.mktemp("lab"), server) as lab:
        yield lab


@pytest.fixture(scope="session")
def browser(lab):
    return lab.log_in()


@pytest.fixture
def worker(lab):
    return lab.running_worker()
