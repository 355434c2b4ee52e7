"""The rules for zodbupdate, as the tool finds and applies them."""

from importlib import import_module

import pytest
from persistent import Persistent
from persistent.mapping import PersistentMapping
from version1 import classes
from version1 import write_queues
from ZODB.DB import DB
from ZODB.FileStorage import FileStorage
from ZODB.utils import get_pickle_metadata
from zodbupdate.main import create_updater

from plone.app.async_.zodbupdate import RENAMED
from plone.app.async_.zodbupdate import rename_dict
from zc.async_ import version1
from zc.async_.interfaces import KEY
from zc.async_.interfaces import QueuesOfVersion1
from zc.async_.job import Job
from zc.async_.twist import Failure


@pytest.fixture
def file(tmp_path):
    """A database in which content refers to what version 1 made: an object, a class, and one inside its record."""
    path = str(tmp_path / "Data.fs")
    database = DB(FileStorage(path))
    with (
        classes({"plone.app.async.job": ["Job"], "zc.async.job": ["RetryCommonForever"]}, Persistent) as persistent,
        classes({"zc.twist": ["Failure"]}, object) as plain,
        database.transaction() as connection,
    ):
        content = PersistentMapping(job=persistent["Job"](), policy=persistent["RetryCommonForever"])
        content["result"] = failure = plain["Failure"]()
        vars(failure).update(
            type=ValueError, value=ValueError("gone"), parents=["builtins.ValueError"], frames=[], stack=[]
        )
        connection.root()["content"] = content
    database.close()
    return path


def update(file):
    storage = FileStorage(file)
    updater = create_updater(storage)
    updater()
    storage.close()
    return updater.processor


def test_what_version_1_stored_gets_its_new_names(file):
    processor = update(file)

    database = DB(FileStorage(file))
    with database.transaction() as connection:
        content = connection.root()["content"]
        record, _ = database.storage.load(content._p_oid)
        assert isinstance(content["job"], Job)
        assert type(content["result"]) is Failure
        assert content["result"].getErrorMessage() == "gone"
        assert get_pickle_metadata(database.storage.load(content["job"]._p_oid)[0])[0] == "plone.app.async_.job"
        assert b"zc.async_.retry\nRetryCommonForever" in record
        assert b"zc.twist" not in record
    database.close()
    assert processor.get_rules(implicit=True) == {}, "all of that by our rules"


def test_queues_of_version_1_are_known_under_their_new_names(tmp_path):
    path = str(tmp_path / "Data.fs")
    database = DB(FileStorage(path))
    write_queues(database, unfinished=2, completed=3)
    database.close()
    update(path)

    database = DB(FileStorage(path))
    with database.transaction() as connection:
        assert version1.unfinished_jobs(connection.root()) == 2
        with pytest.raises(QueuesOfVersion1):
            len(connection.root()[KEY])
    database.close()


@pytest.mark.parametrize("rule", rename_dict.items(), ids=list(rename_dict))
def test_a_rule_leads_to_where_the_name_really_is(rule):
    old, (module, name) = rule[0], rule[1].split()
    found = getattr(import_module(module), name)
    assert (found.__module__, found.__qualname__) == (module, name)
    assert old.split()[1] == name or rule in RENAMED.items()
