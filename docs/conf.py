"""How Sphinx builds the documentation."""

import sys
from importlib import metadata
from pathlib import Path


sys.path.insert(0, str(Path(__file__).parent))

project = "plone.app.async"
author = copyright = "the plone.app.async contributors"
release = metadata.version(project)

extensions = ["directives.api", "directives.lists"]
exclude_patterns = ["_build", "figures"]
nitpicky = True

html_theme = "furo"
html_title = f"{project} {release}"
html_static_path = ["static"]
html_css_files = ["pages.css"]
html_show_sphinx = False
pygments_style = "tango"
pygments_dark_style = "monokai"
