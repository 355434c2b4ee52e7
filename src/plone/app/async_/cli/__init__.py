"""The command line tool ``plone-async``: prints what the read model says, and steers by the write side."""
