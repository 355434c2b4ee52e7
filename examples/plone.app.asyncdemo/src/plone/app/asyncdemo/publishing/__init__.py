"""A bulk change: a workflow transition on a folder and all that is in it."""
