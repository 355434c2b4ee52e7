"""Persistent objects as data, to be found again through another connection."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING
from typing import Any

from persistent.interfaces import IPersistent
from zope.interface import Interface
from zope.interface import implementer


if TYPE_CHECKING:
    from ZODB.Connection import Connection
    from ZODB.DB import DB

METHOD_WRAPPER_TYPE = types.MethodWrapperType


class IDeferredReference(Interface):
    """Stands for an object; called with a connection, it gives the object."""

    def __call__(connection: Any) -> Any:
        """The object as of the connection's transaction."""


def get_self(wrapper: Any) -> Any:
    """The object that a method wrapper belongs to; ``TypeError`` for anything else."""
    if not isinstance(wrapper, METHOD_WRAPPER_TYPE):
        raise TypeError("unsupported type", type(wrapper))
    return wrapper.__self__


def stored_root(obj: Any) -> Any:
    """The stored persistent object that ``obj`` is, or is a method of; None if there is none."""
    root: Any = obj.__self__ if isinstance(obj, (types.MethodType, METHOD_WRAPPER_TYPE)) else obj
    return root if IPersistent.providedBy(root) and root._p_jar is not None else None


def database_of(objects: Any) -> DB | None:
    """The database of the first of the objects that is stored, or a method of one; None if there is none."""
    for root in map(stored_root, objects):
        if root is not None:
            return root._p_jar.db()
    return None


def Reference(obj: Any) -> Any:
    """A deferred reference to a stored persistent object or a method of one; anything else as it is."""
    return obj if stored_root(obj) is None else DeferredReferenceToPersistent(obj)


@implementer(IDeferredReference)
class DeferredReferenceToPersistent:
    """A stored object, or its attribute ``name``, by its ``id`` in the database named ``db``."""

    name: str | None = None

    def __init__(self, obj: Any) -> None:
        root = stored_root(obj)
        if root is None:
            raise ValueError("not in a database", obj)
        if root is not obj:
            self.name = obj.__name__
        self.db = root._p_jar.db().database_name
        self.id = root._p_oid

    def __call__(self, connection: Connection) -> Any:
        obj = connection.get_connection(self.db).get(self.id)
        return obj if self.name is None else getattr(obj, self.name)
