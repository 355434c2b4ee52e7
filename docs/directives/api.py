"""Names of a module that others may use, with what their docstrings promise."""

import ast
import importlib
import inspect
import itertools
import re
import textwrap
from enum import Enum
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from zope.interface.interface import InterfaceClass
from zope.interface.interface import Method

from directives import signatures
from directives.signatures import PLAIN
from directives.signatures import signature
from directives.signatures import signature_of


OWN_FILES = Path(__file__), Path(signatures.__file__)

ROLE = re.compile(r":(?:class|func|meth|data|mod):`[~.]?(.*?)`")


class API(Directive):
    """``.. api:: module name name...`` describes these names of the module; all of its ``__all__`` if none is given."""

    required_arguments = 1
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self):
        module_name, *names = " ".join(self.arguments).split()
        module = importlib.import_module(module_name)
        lines = [f".. py:currentmodule:: {module_name}", ""]
        depend = self.state.document.settings.env.note_dependency
        for path in OWN_FILES:
            depend(str(path))
        for name in names or module.__all__:
            value = getattr(module, name)
            lines += describe(name, value, module)
            depend(source_of(name, value, module))
        node = nodes.container()
        self.state.nested_parse(StringList(lines, source=module_name), 0, node)
        return node.children


def source_of(name, value, module):
    """The file whose change may change what is said of a name."""
    return inspect.getsourcefile(value if inspect.isclass(value) or inspect.isfunction(value) else home(name, module))


def describe(name, value, module):
    """The lines about one name."""
    if isinstance(value, InterfaceClass):
        return block("class", name, value.__doc__, interface_members(value))
    if inspect.isclass(value):
        if issubclass(value, BaseException):
            return block("exception", name, message(value))
        members = enumerated(value) if issubclass(value, Enum) else class_members(value)
        return block("class", name + signature_of(value), own_doc(value), members)
    function = getattr(value, "_get_wrapped_function", lambda: value)()  # a fixture of pytest
    if inspect.isroutine(function):
        return block("function", name + signature(function), function.__doc__)
    return data(name, value, module)


def data(name, value, module):
    """A constant, or an object that is there once."""
    lines = block("data", name, comments(home(name, module)).get(name, ""))
    if isinstance(value, PLAIN):
        lines.insert(1, f"   :value: {str(value)!r}" if isinstance(value, str) else f"   :value: {value!r}")
    return lines


def block(kind, signature, doc, members=()):
    text = ROLE.sub(r"``\1``", inspect.cleandoc(doc or "")).splitlines()
    body = textwrap.indent("\n".join(["", *text, "", *members]), "   ")
    return [f".. py:{kind}:: {signature}", *body.splitlines(), ""]


def interface_members(interface):
    lines = []
    for name, member in interface.namesAndDescriptions():
        if isinstance(member, Method):
            lines += block("method", name + member.getSignatureString(), member.__doc__)
        else:
            lines += block("attribute", name, member.__doc__)
    return lines


def enumerated(cls):
    return [line for each in cls for line in [f".. py:attribute:: {each.name}", f"   :value: {each.value!r}", ""]]


def class_members(cls):
    """What the class itself says of its public parts; what its bases say is told there."""
    lines = []
    for name, member in vars(cls).items():
        if name.startswith("_"):
            continue
        if isinstance(member, property) and member.__doc__:
            lines += block("property", name, member.__doc__)
        elif isinstance(member, classmethod) and member.__doc__:
            lines += block("classmethod", name + signature(getattr(cls, name)), member.__doc__)
        elif inspect.isfunction(member) and member.__doc__:
            lines += block("method", name + signature(member), member.__doc__)
    return lines


def own_doc(cls):
    """Its docstring; not that of ``object``, nor the one that dataclasses and protocols make up."""
    doc = cls.__doc__ or ""
    return "" if doc.startswith(f"{cls.__name__}(") else doc


def message(error):
    """The docstring of an error, which is its default message: plain text, in which a name may end with ``_``."""
    doc = own_doc(error)
    return doc if "``" in doc else re.sub(r"_(?=\W)", r"\\_", doc)


def home(name, module):
    """The module in which a constant is written that this one has or imports."""
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.ImportFrom) and name in {alias.asname or alias.name for alias in node.names}:
            return home(name, importlib.import_module(node.module))
    return module


def comments(module):
    """The strings below assignments, by the names that are assigned to."""
    body = ast.parse(inspect.getsource(module)).body
    return {
        before.targets[0].id: node.value.value
        for before, node in itertools.pairwise(body)
        if isinstance(before, ast.Assign)
        and isinstance(before.targets[0], ast.Name)
        and isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
    }


def setup(app):
    app.add_directive("api", API)
    return {"parallel_read_safe": True}
