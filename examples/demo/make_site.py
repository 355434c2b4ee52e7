"""Run by zconsole: make a Plone site with the add-on; somebody who has jobs, and who looks after it, and after Zope."""

import os

import transaction
from Products.CMFPlone.factory import addPloneSite


site = addPloneSite(
    app,  # noqa: F821 zconsole gives it
    os.environ["DEMO_SITE"],
    title="plone.app.async",
    distribution_name="classic",
    setup_content=False,
)
roles_of = {
    os.environ["DEMO_USER"]: ["Member", "Contributor", "Editor", "Reviewer"],
    "manager": ["Member", "Site Administrator"],
}
for name, roles in roles_of.items():
    site.acl_users.userFolderAddUser(name, os.environ["DEMO_PASSWORD"], roles, [])
app.acl_users.userFolderAddUser("admin", os.environ["DEMO_PASSWORD"], ["Manager"], [])  # noqa: F821
site.portal_setup.runAllImportStepsFromProfile("profile-plone.app.async:default")
transaction.commit()
