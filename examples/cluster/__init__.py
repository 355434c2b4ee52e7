"""A ZEO server and its Zope clients as real processes, in a folder of their own.

For ``examples/run.py`` and for the functional tests, which use the very same
code; nothing here knows anything about jobs or imports Zope.
"""

from cluster.clients import ASYNC
from cluster.clients import MAIN
from cluster.clients import Client
from cluster.clients import Storage
from cluster.clients import ZEOServer
from cluster.ports import HOST
from cluster.ports import choose_ports
from cluster.processes import Process
from cluster.processes import ProcessFailed
from cluster.waiting import wait_until


__all__ = [
    "ASYNC",
    "HOST",
    "MAIN",
    "Client",
    "Process",
    "ProcessFailed",
    "Storage",
    "ZEOServer",
    "choose_ports",
    "wait_until",
]
