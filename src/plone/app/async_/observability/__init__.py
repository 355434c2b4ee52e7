"""What ``plone.observability`` asks of this package: metrics, and whether the process does its work."""
