"""The control panel of the job queue: overview, list of jobs, queues and workers, and what is done from there."""
