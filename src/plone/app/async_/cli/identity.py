"""What is wrong with the configuration of the process that a zope.conf belongs to: its role, and its identity."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree

from plone.app.async_.cli.zopeconf import ZopeConf
from plone.app.async_.databases import QUEUES
from plone.app.async_.overview.diagnosis import Finding
from zc.async_ import instanceuuid


IS_ROLE = re.compile(r"(single|multi)_db(_worker|_instance)?\.zcml").fullmatch
PACKAGES = ("plone.app.async", "plone.app.async_")
INCLUDES = ("{http://namespaces.zope.org/zope}include", "{http://namespaces.zope.org/zope}includeOverrides")


def diagnose(conf: ZopeConf) -> Iterator[Finding]:
    """What is found in files; which process runs with them, nobody can tell from here."""
    roles = roles_of(conf.home)
    yield from missing_database(conf, roles)
    yield from missing_identity(conf, roles)
    yield from unusable_identity(conf)


def roles_of(home: Path) -> list[str]:
    """The role files that the ZCML of an instance home includes."""
    return [name for file in sorted((home / "etc").rglob("*.zcml")) for name in _roles_in(file)]


def _roles_in(file: Path) -> Iterator[str]:
    try:
        tree = ElementTree.parse(file)  # noqa: S314 (a file of those who run the server)
    except (ElementTree.ParseError, OSError):
        return  # Zope will tell
    for element in tree.iter():
        name = element.get("file", "")
        if element.tag in INCLUDES and element.get("package") in PACKAGES and IS_ROLE(name):
            yield name


def is_worker(role: str) -> bool:
    """Whether it makes a process run jobs."""
    return not role.endswith("_instance.zcml")


def missing_database(conf: ZopeConf, roles: list[str]) -> Iterator[Finding]:
    """The role file wants a database that zope.conf does not have."""
    wants = [role for role in roles if role.startswith("multi_")]
    if wants and QUEUES not in conf.names:
        yield Finding(
            "database-missing",
            True,
            f"{conf.file} has no database {QUEUES!r}, though its process loads {wants[0]}.",
            "Such a process keeps the queues in that database, and does not start without it.",
            f"Add <zodb_db {QUEUES}>, as in the how-to “Give the queues their own file”, or load a single_db file.",
        )


def missing_identity(conf: ZopeConf, roles: list[str]) -> Iterator[Finding]:
    """The process is told no identity."""
    if identity_file(conf) is not None:
        return
    worker = next(filter(is_worker, roles), None)
    why = (
        f"It loads {worker}, but runs no jobs without one: its log says so."
        if worker
        else "An instance can do without, and makes one up each time it starts; a worker runs no jobs."
    )
    yield Finding(
        "uuid-missing",
        worker is not None,
        f"{conf.file} sets no {instanceuuid.key}, and neither does the environment here.",
        why,
        f"Add {instanceuuid.key} and the path of a file of its own, such as var/uuid.txt, to its <environment>.",
    )


def unusable_identity(conf: ZopeConf) -> Iterator[Finding]:
    """The file with the identity has none."""
    file = identity_file(conf)
    if file is None or not file.is_file():
        return
    try:
        UUID(file.read_text("utf-8").partition("\n")[0].strip())
    except (ValueError, OSError):
        yield Finding(
            "uuid-unusable",
            True,
            f"{file} holds no UUID in its first line.",
            "The process cannot take its identity from there: a worker does not start.",
            "Delete that file: it is made anew. Other workers rescue what was in hand under the old identity.",
        )


def identity_file(conf: ZopeConf) -> Path | None:
    """Where the process finds its identity; None if nothing says."""
    path = conf.environment.get(instanceuuid.key) or os.environ.get(instanceuuid.key)
    return Path(path) if path else None
