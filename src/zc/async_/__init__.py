"""A job queue in the ZODB: jobs are queued, claimed, run and finished in ordinary transactions."""

from zc.async_.threadlocal import local


__all__ = ["local"]
