"""Run by zconsole: make the people who look at its pages, and something for jobs to work on."""

import json
import os

import transaction
from plone import api
from zope.component.hooks import setSite


PASSWORD = os.environ["DEMO_PASSWORD"]

app.acl_users.userFolderAddUser(os.environ["ROOT_USER"], PASSWORD, ["Manager"], [])  # noqa: F821 zconsole gives it
site = app[os.environ["DEMO_SITE"]]  # noqa: F821
setSite(site)
for user_id, (name, roles) in json.loads(os.environ["PEOPLE"]).items():
    site.acl_users.userFolderAddUser(user_id, PASSWORD, roles, [])
    api.user.get(user_id).setMemberProperties({"fullname": name, "email": f"{user_id}@example.com"})
with api.env.adopt_roles(["Manager"]):
    for folder_id, title in json.loads(os.environ["FOLDERS"]).items():
        folder = api.content.create(site, "Folder", folder_id, title=title)
        api.content.transition(folder, "publish")
transaction.commit()
