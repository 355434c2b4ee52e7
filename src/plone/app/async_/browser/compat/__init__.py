"""Addresses that version 1 had, for scripts that know them."""
