"""How Sphinx builds the documentation."""

from importlib import metadata

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList

from zc.async_.states import TRANSITIONS


project = "plone.app.async"
author = copyright = "the plone.app.async contributors"
release = metadata.version(project)

exclude_patterns = ["_build"]
nitpicky = True
html_theme = "alabaster"
html_theme_options = {"description": "Asynchronous jobs for Plone", "fixed_sidebar": True}


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


def name(status):
    return status.default.lower()


def setup(app):
    app.add_directive("state-table", StateTable)
