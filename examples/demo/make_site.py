"""Run by zconsole: make a Plone site, and two users known in it only, who has jobs and who looks after them."""

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
transaction.commit()
