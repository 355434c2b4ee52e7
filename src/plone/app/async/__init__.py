"""The name by which Zope addresses ``plone.app.async_``.

All Python is there; this package has the ZCML files and the profiles, since GenericSetup and the add-on panel go by a
package's ``__name__``. Modules and attributes asked of it by string are those of ``plone.app.async_``.
"""

import plone.app.async_
from zc.async_ import alias


alias.install(__name__, plone.app.async_.__name__)


def __getattr__(name: str) -> object:
    return getattr(plone.app.async_, name)
