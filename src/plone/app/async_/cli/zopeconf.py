"""What a zope.conf says, read without starting Zope: its databases, and the environment of its process."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ZConfig import ConfigurationError
from ZODB.config import BaseConfig
from ZODB.config import BlobStorage
from ZODB.config import FileStorage
from ZODB.DB import DB
from Zope2.Startup.options import ZopeWSGIOptions

from plone.app.async_.cli.errors import Unreachable
from plone.app.async_.cli.errors import WrongUsage


class ZopeConf:
    """A zope.conf; ``WrongUsage`` if there is none, or Zope would not take it."""

    def __init__(self, file: Path) -> None:
        if not file.is_file():
            raise WrongUsage(f"there is no file {file}")
        try:
            self._root = ZopeWSGIOptions(str(file))().configroot
        except (ConfigurationError, ValueError, ImportError) as error:
            raise WrongUsage(f"Zope would not take {file}: {' '.join(str(error).split())}") from error
        self._databases = self._root.dbtab
        self.file = file

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that Zope sets when it starts."""
        return self._root.environment

    @property
    def home(self) -> Path:
        """The instance home."""
        return Path(self._root.instancehome)

    @property
    def names(self) -> list[str]:
        """The names of all databases."""
        return self._databases.listDatabaseNames()

    def open(self, read_only: bool, timeout: float) -> DB:
        """Open all databases, as clients that leave nothing on this disk; returns that of the Zope root.

        A ZEO server may be away for ``timeout`` seconds. Raises ``WrongUsage`` if no database is mounted at ``/``,
        ``Unreachable`` for a file that is not there, and what the storages raise.
        """
        if "/" not in self._databases.mount_paths:
            raise WrongUsage(f"{self.file} mounts no database at /")
        settings = {"client": None, "blob_dir": None, "create_schema": False, "wait_timeout": timeout}
        if read_only:
            settings.update(read_only=True, read_only_fallback=False)
        for name in self.names:
            _be_a_guest(self._databases.getDatabaseFactory(name=name).config, settings)
        for name in self.names:
            self._databases.getDatabase(name=name)
        return self._databases.getDatabase(mount_path="/")


def _be_a_guest(section: Any, settings: Mapping[str, Any]) -> None:
    """Give these settings to all storages in a section that know them, and leave out blobs, which are not needed."""
    for name, part in list(vars(section).items()):
        if isinstance(part, BlobStorage):
            part = part.config.base
            setattr(section, name, part)
        for storage in _storages(part):
            if isinstance(storage, FileStorage) and not Path(storage.config.path).is_file():
                raise Unreachable(f"there is no file {storage.config.path}")
            for setting, value in settings.items():
                if hasattr(storage.config, setting):
                    setattr(storage.config, setting, value)
            _be_a_guest(storage.config, settings)


def _storages(part: Any) -> Iterator[BaseConfig]:
    return (each for each in (part if isinstance(part, list) else [part]) if isinstance(each, BaseConfig))
