"""The states of a job, and the modules of a package."""

import importlib

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.parsers.rst import directives
from docutils.statemachine import StringList

from zc.async_.states import TRANSITIONS


class StateTable(Directive):
    """The transitions of ``zc.async_.states`` as a table."""

    def run(self):
        lines = ["act,from,to,becomes visible with the commit"]
        for act, before, after, commit in TRANSITIONS:
            cells = act, " or ".join(map(name, before)), " or ".join(map(name, after)), commit
            lines.append(",".join(f'"{cell}"' for cell in cells))
        source = StringList([".. csv-table::", "   :header-rows: 1", "", *(f"   {line}" for line in lines)])
        node = nodes.container()
        self.state.nested_parse(source, 0, node)
        return [node]


class Modules(Directive):
    """Modules of a package, of the engine unless it is named, with the first lines of their docstrings."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {"package": directives.unchanged_required}

    def run(self):
        entries = StringList()
        package = self.options.get("package", "zc.async_")
        for module in self.arguments[0].split():
            promise = importlib.import_module(f"{package}.{module}").__doc__.partition("\n")[0]
            entries.extend(StringList([f"``{module}``", f"   {promise}"]))
        node = nodes.container()
        self.state.nested_parse(entries, 0, node)
        return [node]


def name(status):
    return status.default.lower()


def setup(app):
    app.add_directive("state-table", StateTable)
    app.add_directive("modules", Modules)
    return {"parallel_read_safe": True}
