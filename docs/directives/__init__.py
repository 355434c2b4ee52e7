"""Directives by which pages show what the code says of itself."""
