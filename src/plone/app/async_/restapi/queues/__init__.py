"""``@job-queues``: list, pause, resume, change quotas."""
