"""What configure.zcml registers."""

import threading

from AccessControl.PermissionRole import rolesForPermissionOn
from zope.component import getUtility
from zope.security.interfaces import IPermission


def test_the_permission_to_manage_jobs(site):
    permission = getUtility(IPermission, "plone.app.async.ManageJobQueue")
    assert permission.title == "plone.app.async: Manage job queue"
    assert set(rolesForPermissionOn(permission.title, site)) == {"Manager", "Site Administrator"}


def test_nothing_is_started(service):
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("zc.async")]
