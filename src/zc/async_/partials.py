"""Work on persistent objects from the callback of a reactor or Deferred, in a transaction of its own."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import Any

from transaction.interfaces import TransactionError
from twisted.internet.defer import Deferred
from twisted.python import failure
from ZEO.Exceptions import ClientDisconnected

from zc.async_ import outage
from zc.async_.connections import get_connection
from zc.async_.failures import Failure
from zc.async_.failures import sanitize
from zc.async_.outage import transactions_of
from zc.async_.references import IDeferredReference
from zc.async_.references import Reference
from zc.async_.references import database_of


if TYPE_CHECKING:
    from ZODB.Connection import Connection
    from ZODB.DB import DB


class Partial:
    """A call with some of its arguments, to be made once, with the others.

    Without a stored persistent object in it, calling it is calling ``call``. Otherwise the call is made in a new
    connection and transaction that is committed, and a Deferred is returned. Conflicts are met by up to
    ``max_transaction_errors`` attempts at once (None: any number), the absence of the database server by waiting in the
    reactor, for 5, 10, ... 60 seconds, as often as it takes. Other errors are sanitized Failures.

    Runs in the calling thread, or in that of the reactor if it has to wait.
    """

    max_transaction_errors: int | None = 5
    transaction_error_count = 0
    attempt_count = 0
    initial_backoff = 5
    backoff_increment = 5
    max_backoff = 60

    _reactor: Any = None

    def __init__(self, call: Any, *args: Any, **kwargs: Any) -> None:
        self._db = database_of((call, *args, *kwargs.values()))
        self.call = Reference(call)
        self.args = [Reference(arg) for arg in args]
        self.kwargs = {name: Reference(value) for name, value in kwargs.items()}

    def setReactor(self, reactor: Any) -> Partial:
        """Use this reactor; returns the partial itself."""
        self._reactor = reactor
        return self

    def getReactor(self) -> Any:
        """The reactor to wait in, by default Twisted's global one."""
        if self._reactor is None:
            from twisted.internet import reactor  # importing it installs it, which only users of it want

            return reactor
        return self._reactor

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        db = self._db or database_of((*args, *kwargs.values()))
        all_args = [*self.args, *map(Reference, args)]
        all_kwargs = {**self.kwargs, **{name: Reference(value) for name, value in kwargs.items()}}
        if db is None:
            return self.call(*all_args, **all_kwargs)
        self.attempt_count = self.transaction_error_count = 0
        return _Run(self, db, all_args, all_kwargs).start()


class _Run:
    """One call of a partial."""

    def __init__(self, partial: Partial, db: DB, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        self.partial = partial
        self.db = db
        self.args = args
        self.kwargs = kwargs
        self.disconnections = 0
        self.deferred: Deferred[Any] = Deferred()

    def start(self) -> Deferred[Any]:
        opening = get_connection(self.db, reactor=self.partial._reactor)
        opening.addCallbacks(self.attempt, self.no_connection)
        return self.deferred

    def no_connection(self, error: failure.Failure) -> None:
        if error.check(ClientDisconnected):
            self.wait()
        else:
            self.deferred.errback(sanitize(error))

    def attempt(self, connection: Connection) -> None:
        self.partial.attempt_count += 1
        transactions = connection.transaction_manager
        try:
            with outage.named():
                transactions.begin()
                result = self.make_call(connection)
                transactions.commit()
        except BaseException as error:  # the Deferred is told
            problem = Failure()
            self.end(connection)
            self.failed(error, problem)
        else:
            self.end(connection)
            self.succeeded(result)

    def make_call(self, connection: Connection) -> Any:
        call, *args = (_found(part, connection) for part in (self.partial.call, *self.args))
        return call(*args, **{name: _found(part, connection) for name, part in self.kwargs.items()})

    def end(self, connection: Connection) -> None:
        transactions_of(connection).abort()
        connection.close()

    def succeeded(self, result: Any) -> None:
        if isinstance(result, Deferred):
            result.chainDeferred(self.deferred)
        elif isinstance(result, failure.Failure):
            self.deferred.errback(sanitize(result))
        else:
            self.deferred.callback(result)

    def failed(self, error: BaseException, problem: Failure) -> None:
        if isinstance(error, ClientDisconnected):
            self.wait()
        elif isinstance(error, TransactionError):
            self.conflicted(problem)
        else:
            self.deferred.errback(problem)

    def conflicted(self, problem: Failure) -> None:
        self.partial.transaction_error_count += 1
        most = self.partial.max_transaction_errors
        if most is not None and self.partial.transaction_error_count >= most:
            self.deferred.errback(problem)
        else:
            self.start()

    def wait(self) -> None:
        partial = self.partial
        seconds = partial.initial_backoff + self.disconnections * partial.backoff_increment
        self.disconnections += 1
        partial.getReactor().callLater(min(seconds, partial.max_backoff), self.start)


def _found(part: Any, connection: Connection) -> Any:
    return part(connection) if IDeferredReference.providedBy(part) else part
