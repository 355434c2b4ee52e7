"""``@@manage-job``: all about one job of the site, for those who manage its queue."""
