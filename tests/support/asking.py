"""Asks commands of the monitor without a port."""

import json

from ZODB.utils import u64

from zc.async_.monitordb import asyncdb


class Written(list):
    """A connection that keeps what is written."""

    def write(self, data):
        self.append(data)


def ask(command, *words):
    """What a command answers."""
    connection = Written()
    command(connection, *words)
    return "".join(connection)


def answer(command, line):
    """The JSON that a command answers to the words of a line."""
    return json.loads(ask(command, *line.split()))


def asks(line):
    """The JSON that ``asyncdb`` answers."""
    return answer(asyncdb, line)


def ids(*jobs):
    """Jobs as the monitor shows them."""
    return [[u64(job._p_oid), job._p_jar.db().database_name] for job in jobs]
