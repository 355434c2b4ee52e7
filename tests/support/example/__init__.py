"""An add-on with jobs that do as the tests of a browser bid them, under names that look well in pictures."""
