"""Pages of a Plone site about its jobs; each kind of page is a package of its own."""
