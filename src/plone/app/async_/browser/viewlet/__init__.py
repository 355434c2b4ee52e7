"""What stands above a content object while jobs for it wait or run."""
