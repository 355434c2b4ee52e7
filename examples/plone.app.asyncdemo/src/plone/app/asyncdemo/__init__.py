"""Add-ons that use ``plone.app.async``, one in each folder, to be copied."""
