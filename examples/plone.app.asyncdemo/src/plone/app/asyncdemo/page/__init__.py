"""The smallest client: a job creates a page, and a view tells how it is getting on."""
