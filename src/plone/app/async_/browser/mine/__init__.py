"""``@@my-jobs``: for every user who is logged in, the jobs that they queued themselves."""
