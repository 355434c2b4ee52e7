"""A second dotted name for a package and everything below it.

``async`` is a keyword, so ``zc.async`` can no longer be written in an import statement. As a string, in ZCML, in a
pickle or in an entry point, it is as good a name as ever, and must then give the same modules as ``zc.async_``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.abc import Loader
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType


class AliasLoader(Loader):
    """Hands out the module of another name, and leaves it as it was."""

    def __init__(self, real: ModuleSpec) -> None:
        self.real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = import_module(self.real.name)
        self.real = module.__spec__ or self.real
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has put the spec of the alias on the module, whose reload and relative imports go by its
        # own.
        module.__spec__ = self.real

    def get_data(self, path: str) -> bytes:
        """Read a file beside the module, for ``pkgutil.get_data``."""
        return self.real.loader.get_data(path)  # type: ignore[union-attr]


@dataclass(frozen=True)
class AliasFinder(MetaPathFinder):
    """Finds every module below ``alias`` as the one below ``real``."""

    alias: str
    real: str

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(f"{self.alias}."):
            return None
        name = self.real + fullname[len(self.alias) :]
        real = find_spec(name)
        if real is None:
            # Whoever imports a package with names in it, as GenericSetup does, is only bothered about other modules.
            raise ModuleNotFoundError(f"No module named {name!r}", name=fullname)
        spec = ModuleSpec(fullname, AliasLoader(real), origin=real.origin)
        spec.submodule_search_locations = real.submodule_search_locations
        return spec


def install(alias: str, real: str) -> None:
    """Make every name below ``alias`` mean the module below ``real``.

    The name ``alias`` itself is the caller's. May be called again.
    """
    finder = AliasFinder(alias, real)
    if finder not in sys.meta_path:
        # Before the path finder, which would load each file a second time.
        sys.meta_path.insert(0, finder)
