"""A mailing: one message to each member of a group, exactly once."""
