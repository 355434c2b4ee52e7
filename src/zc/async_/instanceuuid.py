"""The identity of this instance: a UUID in a file, and the lock that proves nobody else uses it."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import Any

import zc.lockfile
import zope.component
import zope.interface

from zc.async_.errors import IdentityError
from zc.async_.errors import IdentityInUse
from zc.async_.interfaces import IUUID


key = "ZC_ASYNC_UUID"

EXPLANATION = (
    "-" * 72
    + """
The first line of this file identifies one Zope instance or worker to the
job queue. Two processes that run at the same time need two such files; the
environment variable ZC_ASYNC_UUID names the file. Copy an instance without
this file, and delete the file to give an instance a new identity.
"""
)

zope.interface.classImplements(uuid.UUID, IUUID)

_without_file = uuid.uuid4()


def path() -> Path:
    """The file named by ``ZC_ASYNC_UUID``, or ``uuid.txt`` in the current folder."""
    return Path(os.environ.get(key) or "uuid.txt").absolute()


def getUUID() -> uuid.UUID:
    """The UUID in the instance's file, which is made if it is not there.

    Two processes that make the file at once agree on one UUID. Raises :class:`IdentityError` when the file
    cannot be made or read, or holds no UUID.
    """
    file = path()
    if not file.exists():
        _create(file)
    try:
        return uuid.UUID(file.read_text("utf-8").partition("\n")[0].strip())
    except OSError as error:
        raise IdentityError(f"cannot read the identity file {file}: {error}") from error
    except ValueError as error:
        raise IdentityError(f"{file} holds no UUID in its first line; delete it to get a new identity") from error


def _create(file: Path) -> None:
    draft = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(f"{uuid.uuid4()}\n{EXPLANATION}", "utf-8")
        _publish(draft, file)
    except OSError as error:
        raise IdentityError(f"cannot write the identity file {file}: {error}") from error


def _publish(draft: Path, file: Path) -> None:
    try:
        os.link(draft, file)  # unlike a rename, a link never replaces the file of somebody faster
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def current() -> uuid.UUID:
    """The identity under which this process queues jobs; never makes a file.

    The registered ``IUUID`` utility, else one made up for the life of this process.
    """
    return zope.component.queryUtility(IUUID, default=_without_file)


def own() -> uuid.UUID:
    """The identity under which this process runs jobs: the registered ``IUUID`` utility, else the file's."""
    return zope.component.queryUtility(IUUID) or getUUID()


def take() -> tuple[uuid.UUID, zc.lockfile.LockFile | None]:
    """The identity of :func:`own`, and the lock of its file, unless the identity is not that of the file.

    Raises :class:`IdentityInUse` when another process of this host holds it.
    """
    identity = own()
    held = lock() if path().exists() and getUUID() == identity else None
    return identity, held


def lock() -> zc.lockfile.LockFile:
    """Hold the instance's identity until the returned lock is closed or the process ends.

    Raises :class:`IdentityInUse` when another process of this host holds it, and :class:`IdentityError` when the lock
    file beside it cannot be written.
    """
    file = path()
    try:
        return zc.lockfile.LockFile(f"{file}.lock")
    except zc.lockfile.LockError as error:
        raise IdentityInUse(
            f"another running process uses the identity in {file}; give this one its own file by {key}"
        ) from error
    except OSError as error:
        raise IdentityError(f"cannot write the lock of the identity file {file}: {error}") from error


def __getattr__(name: str) -> Any:
    if name == "UUID":
        return getUUID()
    raise AttributeError(name)
