"""What holds for all tests."""

import signal


def pytest_configure():
    """Hear SIGINT: a shell that starts tests in the background has them ignore it, and so would all they start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
