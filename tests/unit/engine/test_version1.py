"""Databases with queues of version 1."""

import pytest
import sample_jobs
import transaction
from version1 import classes
from version1 import with_state
from version1 import write_queues

from zc.async_ import subscribers
from zc.async_ import version1
from zc.async_.interfaces import KEY
from zc.async_.interfaces import DatabaseOpened
from zc.async_.interfaces import QueuesOfVersion1


@pytest.fixture
def old_root(db):
    """The root of a database with queues of version 1."""
    write_queues(db, unfinished=2, completed=3)
    connection = db.open()
    yield connection.root()
    transaction.abort()
    connection.close()


@pytest.mark.parametrize("use", [len, list, lambda queues: queues[""], lambda queues: queues.poll_interval])
def test_whoever_uses_them_is_told(old_root, use):
    with pytest.raises(QueuesOfVersion1, match=r"queues of version 1; .* zc\.async_\.version1\.drop_queues"):
        use(old_root[KEY])


def test_installing_queues_is_refused_and_changes_nothing(old_root, db):
    before = db.lastTransaction()
    with pytest.raises(QueuesOfVersion1):
        subscribers.QueueInstaller()(DatabaseOpened(db))
    assert db.lastTransaction() == before


def test_the_jobs_that_are_not_done_are_counted(old_root):
    assert version1.unfinished_jobs(old_root) == 2


def test_what_content_refers_to_is_not_counted(db):
    with classes() as made, db.transaction() as connection:
        content = connection.root()["content"] = sample_jobs.Counter()
        content.kept = with_state(made["Job"], _status_id=0)
    write_queues(db, unfinished=1, completed=0, content="content")
    with db.transaction() as connection:
        assert version1.unfinished_jobs(connection.root()) == 1


def test_dropped_queues_make_room_for_new_ones(old_root, db):
    version1.drop_queues(old_root)
    transaction.commit()
    subscribers.QueueInstaller()(DatabaseOpened(db))
    transaction.begin()
    assert list(old_root[KEY]) == [""]


def test_dropping_is_undone_by_an_abort(old_root):
    version1.drop_queues(old_root)
    transaction.abort()
    assert version1.has_queues(old_root)


def test_their_records_go_with_the_next_pack(old_root, db):
    before = len(db.storage)
    del old_root["job"]
    version1.drop_queues(old_root)
    transaction.commit()
    db.pack()
    assert len(db.storage) <= before - 8


@pytest.mark.parametrize("act", [version1.drop_queues, version1.unfinished_jobs])
def test_only_queues_of_version_1_are_touched(connection, act):
    with pytest.raises(ValueError, match="no queues of version 1"):
        act(connection.root())
    assert list(connection.root()[KEY]) == [""]


@pytest.mark.parametrize("act", [version1.drop_queues, version1.unfinished_jobs])
def test_without_queues_there_is_nothing_to_do(db, act):
    with db.transaction() as connection, pytest.raises(ValueError, match="no queues of version 1"):
        act(connection.root())
