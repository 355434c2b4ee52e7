"""Numbers for objects when a ZEO server is started again, and does not know any more what it gave."""

from types import SimpleNamespace

import pytest
from restarted_server import Client
from ZODB.DB import DB
from ZODB.MappingStorage import MappingStorage
from ZODB.utils import u64

from zc.async_.oids import keep_apart


@pytest.fixture
def client():
    client = Client()
    keep_apart(SimpleNamespace(databases={"main": SimpleNamespace(storage=client)}))
    return client


def test_numbers_are_used_in_the_order_of_the_server(client):
    assert client.new(250) == list(range(1, 251))


@pytest.mark.parametrize("used", [1, 99, 100, 150])
def test_what_was_reserved_is_forgotten_and_comes_not_again(client, used):
    """The server goes on after the tenth, the last that it has seen stored."""
    reserved = (used + 99) // 100 * 100
    before = client.new(used)
    client.start_server(11)
    after = client.new(300)
    assert min(after) > reserved
    assert len({*before, *after}) == used + 300


def test_numbers_that_others_have_had_are_taken(client):
    client.start_server(1001)
    client.new(1)
    client.start_server(1)
    assert client.new(100) == list(range(1, 101))


def test_what_an_earlier_life_of_the_server_gave_and_came_late_does_not_come_twice(client):
    """Another thread had asked before the server was gone, and takes in the answer now."""
    client.new(1)
    late = client._call("new_oids")
    client.start_server(2)
    first = client.new(1)
    client._oids[:0] = reversed(late)
    numbers = first + client.new(400)
    assert len(set(numbers)) == len(numbers)


def test_what_is_in_reserve_at_first_is_used():
    client = Client()
    first = client.new(1)
    databases = SimpleNamespace(databases={"main": SimpleNamespace(storage=client)})
    keep_apart(databases)
    keep_apart(databases)
    assert first + client.new(120) == list(range(1, 122))


def test_other_storages_are_left_alone():
    db = DB(MappingStorage())
    keep_apart(db)
    assert u64(db.storage.new_oid()) > 0
    db.close()
