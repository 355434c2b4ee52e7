"""Small containers that the persistent rooms are built of."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import MutableMapping
from collections.abc import MutableSequence
from typing import Any
from typing import overload

from BTrees.LOBTree import LOBTree
from BTrees.OOBTree import OOBTree
from persistent import Persistent


_missing = object()


class SmallLeafTree(OOBTree):
    """A sorted mapping whose writes stay small: a change rewrites a leaf of at most 16 entries."""

    max_leaf_size = 16
    max_internal_size = 64


class PageTree(LOBTree):
    """Pages by their number; a change rewrites a leaf of at most 16 references."""

    max_leaf_size = 16
    max_internal_size = 64


def objects_of_tree(tree: OOBTree) -> Iterator[Persistent]:
    """The stored objects one of which is written whenever a key is added or taken away."""
    yield tree
    bucket = tree._firstbucket
    while bucket is not None:
        if bucket._p_oid is not None:
            yield bucket
        bucket = bucket._next


class Page(Persistent):
    """A run of jobs that is written once, when it is full, instead of at each append."""

    def __init__(self, jobs: tuple[Any, ...]) -> None:
        self.jobs = jobs


class Base(Persistent):
    """Knows its ``parent``. ``__parent__`` is the same, unless it is set to something else; None undoes that."""

    parent: Any = None
    _parent_override: Any = None

    @property
    def __parent__(self) -> Any:
        return self.parent if self._parent_override is None else self._parent_override

    @__parent__.setter
    def __parent__(self, value: Any) -> None:
        self._parent_override = value


class Inherited:
    """An attribute that has the value of the nearest ``parent`` that has it set, until it is set here; None unsets it.

    Only what is set is stored. ``default`` is the value if nobody has set it.
    """

    def __init__(self, default: Any = None) -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._own_name = f"_own_{name}"

    def __get__(self, obj: Any, owner: type | None = None) -> Any:
        if obj is None:
            return self
        holder = obj
        while holder is not None:
            value = getattr(holder, self._own_name, None)
            if value is not None:
                return value
            holder = holder.parent
        return self._default

    def __set__(self, obj: Any, value: Any) -> None:
        setattr(obj, self._own_name, value)


class Registry(Base):
    """A few named persistent children in one record; children know their ``name`` and ``parent``.

    Meant for what changes rarely (queues, quotas, dispatchers, agents): any two changes conflict.
    ``keys``, ``values`` and ``items`` are lists in key order.
    """

    name: Any = None

    def __init__(self) -> None:
        self._children: dict[Any, Any] = {}

    def __setitem__(self, name: Any, child: Any) -> None:
        self.pop(name, None)
        child.name = name
        child.parent = self._parent_of_children()
        self._children[name] = child
        self._p_changed = True

    def _parent_of_children(self) -> Any:
        return self

    def pop(self, name: Any, default: Any = _missing) -> Any:
        """Take a child out and return it; ``default`` or ``KeyError`` when there is none."""
        if name not in self._children:
            if default is _missing:
                raise KeyError(name)
            return default
        child = self._children.pop(name)
        child.name = child.parent = None
        self._p_changed = True
        return child

    def __delitem__(self, name: Any) -> None:
        self.pop(name)

    def __getitem__(self, name: Any) -> Any:
        return self._children[name]

    def get(self, name: Any, default: Any = None) -> Any:
        """The child of that name, or ``default``."""
        return self._children.get(name, default)

    def __contains__(self, name: Any) -> bool:
        return name in self._children

    def __iter__(self) -> Iterator[Any]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self._children)

    def __bool__(self) -> bool:
        return bool(self._children)

    def keys(self) -> list[Any]:
        """The names, sorted."""
        return sorted(self._children)

    def values(self) -> list[Any]:
        """The children in the order of their names."""
        return [self._children[name] for name in self.keys()]

    def items(self) -> list[tuple[Any, Any]]:
        """Name and child, in the order of the names."""
        return [(name, self._children[name]) for name in self.keys()]


class OwnedList(MutableSequence[Any]):
    """A list that lives in an attribute of a persistent owner, and so in the owner's own record.

    Each change stores a new tuple in the owner, which marks the owner as changed.
    """

    def __init__(self, owner: Persistent, attribute: str) -> None:
        self._owner = owner
        self._attribute = attribute

    @property
    def _items(self) -> tuple[Any, ...]:
        return getattr(self._owner, self._attribute)

    def _store(self, items: Iterable[Any]) -> None:
        setattr(self._owner, self._attribute, tuple(items))

    @overload
    def __getitem__(self, index: int) -> Any: ...

    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...

    def __getitem__(self, index: int | slice) -> Any:
        found = self._items[index]
        return list(found) if isinstance(index, slice) else found

    def __setitem__(self, index: Any, value: Any) -> None:
        items = list(self._items)
        items[index] = value
        self._store(items)

    def __delitem__(self, index: Any) -> None:
        items = list(self._items)
        del items[index]
        self._store(items)

    def insert(self, index: int, value: Any) -> None:
        """Insert before ``index``."""
        items = list(self._items)
        items.insert(index, value)
        self._store(items)

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Iterable):
            return list(self) == list(other)
        return NotImplemented

    def __repr__(self) -> str:
        return repr(list(self._items))


class OwnedDict(MutableMapping[str, Any]):
    """A dictionary that lives in an attribute of a persistent owner; see :class:`OwnedList`."""

    def __init__(self, owner: Persistent, attribute: str) -> None:
        self._owner = owner
        self._attribute = attribute

    @property
    def _items(self) -> dict[str, Any]:
        return getattr(self._owner, self._attribute) or {}

    def __getitem__(self, key: str) -> Any:
        return self._items[key]

    def __setitem__(self, key: str, value: Any) -> None:
        setattr(self._owner, self._attribute, {**self._items, key: value})

    def __delitem__(self, key: str) -> None:
        items = dict(self._items)
        del items[key]
        setattr(self._owner, self._attribute, items)

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return repr(self._items)
