"""Run by zconsole: make a Plone site, and a user who is known in that site only."""

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
site.acl_users.userFolderAddUser(
    os.environ["DEMO_USER"],
    os.environ["DEMO_PASSWORD"],
    ["Member", "Contributor", "Editor", "Reviewer"],
    [],
)
transaction.commit()
