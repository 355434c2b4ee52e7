"""Where the processes of a test find their database, in one word."""

import ZEO
import ZODB.config


def open_database(name):
    """The database at a ZEO server's port, on this host or as ``host:port``, or in a file of configuration."""
    host, _, port = name.rpartition(":")
    if port.isdigit():
        return ZEO.DB((host or "127.0.0.1", int(port)), wait_timeout=30)
    return ZODB.config.databaseFromURL(name)
