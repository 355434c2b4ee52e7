"""The demonstration of ``plone.app.async``, by real processes over HTTP."""
