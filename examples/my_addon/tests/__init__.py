"""Tests of the add-on, for both test runners."""
