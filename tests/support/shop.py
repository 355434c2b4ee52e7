"""The jobs in the examples of ``docs/reference/monitor.rst``."""

from threading import Event


CLOSING = Event()


def bill(number, currency="EUR"):
    """Write a bill; customers without an account cannot get one."""
    if not number:
        raise ValueError("no account")
    return f"bill {number} in {currency}"


def import_prices(supplier):
    """Take until the shop closes."""
    CLOSING.wait(60)


def remind(bill):
    """Ask for the money."""
