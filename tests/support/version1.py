"""A database as version 1 left it: records with its class names, made without its code."""

import sys
from contextlib import contextmanager
from types import ModuleType

from BTrees.OOBTree import OOBTree
from persistent import Persistent
from ZODB.Connection import resetCaches


CLASSES = {
    "zc.async.queue": ("Queues", "Queue"),
    "zc.async.job": ("Job",),
    "zc.dict.dict": ("Dict",),
    "zc.queue._queue": ("PersistentQueue",),
}


@contextmanager
def classes(modules=CLASSES, base=Persistent):
    """Have classes of these names, by their last part, for as long as the records are written."""
    made, before = {}, dict(sys.modules)
    for module_name, names in modules.items():
        module = sys.modules[module_name] = ModuleType(module_name)
        for name in names:
            made[name] = type(name, (base,), {"__module__": module_name})
            setattr(module, name, made[name])
    try:
        yield made
    finally:
        for name in modules:
            sys.modules.pop(name)
            if name in before:
                sys.modules[name] = before[name]


def with_state(cls, **state):
    """An object with these attributes."""
    obj = cls()
    vars(obj).update(state)
    obj._p_changed = True
    return obj


def write_queues(db, unfinished, completed, content=None):
    """Commit a queue with so many jobs, and the first of them as ``root['job']``; they all refer to the content."""
    with classes() as made, db.transaction() as connection:
        states = [0] * unfinished + [3] * completed
        jobs = [with_state(made["Job"], _status_id=state, args=connection.root().get(content)) for state in states]
        items = with_state(made["PersistentQueue"], _data=tuple(jobs))
        queue = with_state(made["Queue"], _queue=items, name="")
        data = with_state(made["Dict"], _data=OOBTree({"": queue}))
        connection.root()["zc.async"] = with_state(made["Queues"], _data=data)
        connection.root()["job"] = jobs[0]
    resetCaches()  # or the connection goes on to give out objects of these classes
