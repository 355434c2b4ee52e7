"""An add-on whose tests show how to test jobs; see docs/how-to/test-my-add-on.rst."""
