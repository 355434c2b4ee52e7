"""Names of a module that others may use, with what their docstrings promise."""

import ast
import importlib
import inspect
import itertools
import re
import textwrap

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from zope.interface.interface import InterfaceClass
from zope.interface.interface import Method


ROLE = re.compile(r":(?:class|func|meth|data|mod):`[~.]?(.*?)`")
SHOWN_VALUES = bool, int, float, str


class API(Directive):
    """``.. api:: module name name...`` describes these names of the module; all of its ``__all__`` if none is given."""

    required_arguments = 1
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self):
        module_name, *names = " ".join(self.arguments).split()
        module = importlib.import_module(module_name)
        lines = [f".. py:currentmodule:: {module_name}", ""]
        for name in names or module.__all__:
            lines += describe(name, getattr(module, name), module)
        node = nodes.container()
        self.state.nested_parse(StringList(lines, source=module_name), 0, node)
        return node.children


def describe(name, value, module):
    """The lines about one name."""
    if isinstance(value, InterfaceClass):
        return block("class", name, value.__doc__, interface_members(value))
    if inspect.isclass(value):
        if issubclass(value, BaseException):
            return block("exception", name, message(value))
        return block("class", name + signature_of(value), own_doc(value), class_members(value))
    function = getattr(value, "_get_wrapped_function", lambda: value)()  # a fixture of pytest
    if inspect.isroutine(function):
        return block("function", name + signature(function), function.__doc__)
    return data(name, value, module)


def data(name, value, module):
    """A constant, or an object that is there once."""
    doc = comments(module).get(name, "")
    if not doc and not isinstance(value, SHOWN_VALUES):
        doc = inspect.getdoc(value) or ""
    lines = block("data", name, doc)
    if isinstance(value, SHOWN_VALUES):
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


def signature_of(cls):
    """The arguments with which a class is called, if it says so itself."""
    takes_any = {cls.__init__, cls.__new__} <= {object.__init__, object.__new__}
    return "" if takes_any or getattr(cls, "_is_protocol", False) else signature(cls)


def signature(function):
    """The arguments without their types, which the docstring tells where they matter, and without ``self``."""
    try:
        found = inspect.signature(function)
    except ValueError:
        return "(...)"
    kept = [
        shown_default(each.replace(annotation=each.empty))
        for position, each in enumerate(found.parameters.values())
        if not (position == 0 and each.name in ("self", "cls"))
    ]
    return str(found.replace(parameters=kept, return_annotation=found.empty))


class Shown:
    """A default as a reader would write it."""

    def __init__(self, value):
        self.text = getattr(value, "__name__", None) or f"{type(value).__name__}(...)"

    def __repr__(self):
        return self.text


def shown_default(parameter):
    plain = (*SHOWN_VALUES, type(None), tuple)
    if parameter.default is parameter.empty or isinstance(parameter.default, plain):
        return parameter
    return parameter.replace(default=Shown(parameter.default))


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
