"""What the how-to pages show, one module for each page; tested in tests/integration/recipes."""
