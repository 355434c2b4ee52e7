"""The smallest add-on that uses ``plone.app.async``."""
