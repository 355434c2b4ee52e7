"""Make a Plone site, with the add-on installed in it."""

import transaction
from Products.CMFPlone.factory import addPloneSite


site = addPloneSite(
    app,  # noqa: F821 zconsole gives it
    "Plone",
    title="Pagemaker",
    distribution_name="classic",
    setup_content=False,
)
site.portal_setup.runAllImportStepsFromProfile("profile-plone.app.async:default")
transaction.commit()
print("The site is made.")
