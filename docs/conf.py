"""How Sphinx builds the documentation."""

from importlib import metadata


project = "plone.app.async"
author = copyright = "the plone.app.async contributors"
release = metadata.version(project)

exclude_patterns = ["_build"]
nitpicky = True
html_theme = "alabaster"
html_theme_options = {"description": "Asynchronous jobs for Plone", "fixed_sidebar": True}
