"""``@job-workers``: list."""
