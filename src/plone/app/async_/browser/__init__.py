"""Pages in a Plone site."""
