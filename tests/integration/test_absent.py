"""Functions of an add-on that was taken out of the worker while its jobs were waiting."""

import sys
import types

import pytest
import transaction

from zc.async_.interfaces import NotImportable


@pytest.fixture
def addon():
    module = types.ModuleType("some_addon")
    exec("def work(context): pass\nclass Kind:\n    def work(self): pass", vars(module))
    sys.modules["some_addon"] = module
    yield module
    sys.modules.pop("some_addon", None)


@pytest.mark.parametrize("name", ["work", "Kind.work"])
def test_the_failure_names_the_function(site, service, run, addon, name):
    owner, _, attribute = name.rpartition(".")
    job = service.queueJob(getattr(addon.Kind if owner else addon, attribute), site)
    transaction.commit()
    del sys.modules["some_addon"]
    site._p_jar.cacheMinimize()
    failure = run(job).result
    assert failure.check(NotImportable)
    assert f"some_addon.{owner or name}" in failure.getErrorMessage()
    assert job.title.startswith(f"some_addon.{name} on ")
