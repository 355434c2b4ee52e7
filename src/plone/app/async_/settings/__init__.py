"""Settings of a site that hold for the queues, which all sites of a database share."""
