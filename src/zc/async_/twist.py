"""What goes between Twisted and the database; made in modules of their own, imported from here."""

from zc.async_.connections import availableConnectionCount
from zc.async_.connections import connection
from zc.async_.connections import get_connection
from zc.async_.connections import transactionManager
from zc.async_.failures import Failure
from zc.async_.failures import ReducedError
from zc.async_.failures import sanitize
from zc.async_.failures import truncate
from zc.async_.partials import Partial
from zc.async_.references import METHOD_WRAPPER_TYPE
from zc.async_.references import DeferredReferenceToPersistent
from zc.async_.references import IDeferredReference
from zc.async_.references import Reference
from zc.async_.references import get_self


__all__ = [
    "METHOD_WRAPPER_TYPE",
    "DeferredReferenceToPersistent",
    "Failure",
    "IDeferredReference",
    "Partial",
    "ReducedError",
    "Reference",
    "availableConnectionCount",
    "connection",
    "get_connection",
    "get_self",
    "sanitize",
    "transactionManager",
    "truncate",
]
