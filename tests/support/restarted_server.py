"""A ZEO client whose server is started again, and does not know any more which numbers for objects it gave."""

import itertools

from ZEO.ClientStorage import ClientStorage
from ZODB.utils import p64
from ZODB.utils import u64


class Client(ClientStorage):
    """``start_server`` says with which number it goes on."""

    _is_read_only = False
    _server_addr = "127.0.0.1:8100"
    _storage = "1"

    def __init__(self):
        self._oids = []
        self._connection_generation = 0
        self.start_server(1)

    def start_server(self, number):
        self._connection_generation += 1
        self._numbers = itertools.count(number)

    def _call(self, method):
        assert method == "new_oids"
        return [p64(number) for number in itertools.islice(self._numbers, 100)]

    def new(self, count):
        return [u64(self.new_oid()) for _ in range(count)]
