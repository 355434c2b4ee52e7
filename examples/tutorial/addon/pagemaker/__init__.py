"""Makes pages in the background."""
