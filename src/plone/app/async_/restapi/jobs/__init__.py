"""``@jobs``: list, show, steer, delete."""
