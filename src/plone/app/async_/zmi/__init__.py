"""The page of Zope's Control_Panel about the jobs of all sites, for managers of the Zope root."""
