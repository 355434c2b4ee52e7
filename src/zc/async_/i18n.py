"""Messages of the translation domain ``zc.async``."""

from zope.i18nmessageid import MessageFactory as make_factory


MessageFactory = _ = make_factory("zc.async")
