"""What marks a request to a site in which the add-on is installed."""

from zope.publisher.interfaces.browser import IDefaultBrowserLayer


class IPloneAppAsyncLayer(IDefaultBrowserLayer):
    """Views and REST services of the add-on are for requests with this."""
