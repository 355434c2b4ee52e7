"""The same work on this package and on others, in one run: ``make bench-peers``."""
