"""The former name of ``zc.async_``, for places where a name is a string.

Importing it gives ``zc.async_`` itself, and the same holds for every module below.
"""

import sys

import zc.async_
from zc.async_ import alias


alias.install(__name__, zc.async_.__name__)
sys.modules[__name__] = zc.async_
