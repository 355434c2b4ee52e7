"""A job whose every text is an attack on the pages that show it."""

import time

import transaction

from example import levers
from plone.app.async_ import progress
from zc.async_ import local


ATTACK = """<img src=x onerror=alert(1)>"'><script>alert(2)</script>"""


def attack(context, lever, text=ATTACK, **others):
    """Attack while it runs, and fail with an attack."""
    local.getJob().annotations[ATTACK] = ATTACK
    transaction.commit()
    while not levers.read(lever):
        progress(1, 2, ATTACK)
        time.sleep(0.05)
    raise ValueError(ATTACK)


# Pickled by its name, which is an attack, too.
attack.__name__ = attack.__qualname__ = ATTACK
globals()[ATTACK] = attack
