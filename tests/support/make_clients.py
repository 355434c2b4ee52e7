"""Run by zconsole: what the functional test of the clients works on."""

import os

import transaction
from plone import api
from zope.component.hooks import setSite


site = app[os.environ["DEMO_SITE"]]  # noqa: F821 zconsole gives it
setSite(site)
with api.env.adopt_user(username=os.environ["DEMO_USER"]), api.env.adopt_roles(["Manager"]):
    tree = api.content.create(site, "Folder", "tree", title="Tree")
    for number in range(int(os.environ["TREE_PAGES"])):
        api.content.create(tree, "Document", f"page-{number}")
    api.content.create(site, "Document", "letter", title="Letter")
    api.group.create("readers", title="Readers")
    for number in range(int(os.environ["READERS"])):
        reader = api.user.create(username=f"reader-{number}", email=f"reader-{number}@example.com")
        api.group.add_user(groupname="readers", user=reader)
    api.portal.set_registry_record("plone.smtp_host", "localhost")
    api.portal.set_registry_record("plone.email_from_address", "site@example.com")
host = api.portal.get_tool("MailHost")
host.smtp_queue, host.smtp_queue_directory = True, os.environ["MAIL_QUEUE"]
transaction.commit()
