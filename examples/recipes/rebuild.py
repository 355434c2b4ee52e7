"""Queue a job for a site: zconsole run etc/zope.conf rebuild.py Plone admin"""

import sys

import transaction
from AccessControl.SecurityManagement import newSecurityManager
from zope.component import getUtility
from zope.component.hooks import setSite

from plone.app.async_.interfaces import IAsyncService
from recipes.views import reindex_tree


site_path, user_id = sys.argv[-2:]
site = app.unrestrictedTraverse(site_path)  # noqa: F821 zconsole gives it
setSite(site)
user = site.acl_users.getUserById(user_id) or app.acl_users.getUserById(user_id)  # noqa: F821
if user is None:
    sys.exit(f"there is no user {user_id}")
newSecurityManager(None, user)

job = getUtility(IAsyncService).queueJob(reindex_tree, site)
transaction.commit()
print("queued:", job.title)
