"""The old dotted names give the modules of the new ones, never copies."""

import importlib
import importlib.metadata
import importlib.resources
import importlib.util
import pickle
import pkgutil
import subprocess
import sys
import threading
from textwrap import dedent

import pytest
from zope.component import getUtility
from zope.configuration import xmlconfig
from zope.dottedname.resolve import resolve
from zope.testing import cleanup

import plone.app.async_
import zc.async_
from zc.async_ import alias


FILES = {
    "old_lodge.py": """
        import sys, lodge
        from zc.async_ import alias

        alias.install("old_lodge", "lodge")
        sys.modules["old_lodge"] = lodge
        """,
    "thin_lodge/__init__.py": """
        from zc.async_ import alias

        alias.install("thin_lodge", "lodge")
        """,
    "thin_lodge/wiring.zcml": """
        <configure xmlns="http://namespaces.zope.org/zope">
          <include package="zope.component" file="meta.zcml" />
          <utility factory=".part.deep.Thing" provides="thin_lodge.thing.IThing" />
          <utility factory="old_lodge.Thing" provides="lodge.thing.IThing" name="old" />
        </configure>
        """,
    "lodge/__init__.py": "from .thing import Thing",
    "lodge/thing.py": """
        from zope.interface import Interface
        from zope.interface import implementer

        class IThing(Interface):
            pass

        @implementer(IThing)
        class Thing:
            def __eq__(self, other):
                return type(other) is Thing
        """,
    "lodge/part/__init__.py": "from ..thing import Thing",
    "lodge/part/deep.py": """
        from . import Thing

        def late():
            from . import later
            return later
        """,
    "lodge/part/later.py": "",
    "lodge/part/data.txt": "found",
    "lodge/broken.py": "import a_module_that_nobody_has",
    "lodge/circular.py": """
        import importlib

        itself = importlib.import_module("old_lodge.circular")
        """,
}


@pytest.fixture
def lodge(tmp_path, monkeypatch):
    """A package ``lodge``, of which ``old_lodge`` is the former name."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).strip())
    for number in range(20):
        (tmp_path / "lodge" / f"room{number}.py").write_text("from . import thing")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    cleanup.setUp()
    yield importlib.import_module("old_lodge")
    cleanup.tearDown()
    for name in list(sys.modules):
        if name.partition(".")[0] in ("lodge", "old_lodge", "thin_lodge"):
            del sys.modules[name]


def python(code):
    """Run ``code`` in a fresh interpreter and return what it printed."""
    return subprocess.run(
        [sys.executable, "-c", dedent(code)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()


def test_the_old_name_is_the_module_itself(lodge):
    assert lodge is sys.modules["lodge"]
    assert importlib.import_module("old_lodge") is lodge


def test_submodules_at_any_depth_are_the_same_objects(lodge):
    deep = importlib.import_module("old_lodge.part.deep")

    assert deep is importlib.import_module("lodge.part.deep")
    assert lodge.part is importlib.import_module("old_lodge.part")
    assert deep.__name__ == "lodge.part.deep"
    assert deep.__package__ == deep.__spec__.parent == "lodge.part"


def test_the_order_of_the_imports_does_not_matter(lodge):
    real = importlib.import_module("lodge.part.deep")

    assert importlib.import_module("old_lodge.part.deep") is real


def test_the_module_keeps_its_spec_for_reload_and_relative_imports(lodge):
    deep = importlib.import_module("old_lodge.part.deep")

    assert importlib.reload(deep) is deep
    assert sys.modules["old_lodge.part.deep"] is deep
    assert sys.modules["lodge.part.deep"] is deep
    assert deep.late() is sys.modules["lodge.part.later"]


def test_the_text_about_a_missing_module_has_its_real_name(lodge):
    with pytest.raises(ModuleNotFoundError, match=r"'lodge\.part\.nobody'") as caught:
        importlib.import_module("old_lodge.part.nobody")

    assert caught.value.name == "old_lodge.part.nobody"
    assert "old_lodge.part.nobody" not in sys.modules


def test_a_missing_name_in_an_import_of_names_is_no_error(lodge):
    assert __import__("old_lodge.part", fromlist=["nobody"]) is importlib.import_module("lodge.part")


def test_an_import_error_inside_a_module_comes_through(lodge):
    for _ in range(2):
        with pytest.raises(ModuleNotFoundError) as caught:
            importlib.import_module("old_lodge.broken")
        assert caught.value.name == "a_module_that_nobody_has"


def test_a_module_may_ask_for_itself_by_the_old_name(lodge):
    circular = importlib.import_module("lodge.circular")

    assert circular.itself is circular
    assert circular.__spec__.name == "lodge.circular"


def test_specs_are_found_before_and_after_the_import(lodge):
    before = importlib.util.find_spec("old_lodge.part")
    assert "lodge.part" not in sys.modules
    assert before.name == "old_lodge.part"
    assert before.origin.endswith("__init__.py")
    assert list(before.submodule_search_locations) == list(
        importlib.util.find_spec("lodge.part").submodule_search_locations
    )

    part = importlib.import_module("old_lodge.part")
    assert importlib.util.find_spec("old_lodge.part") is part.__spec__


def test_names_beside_the_alias_are_left_alone(lodge):
    finder = alias.AliasFinder("old_lodge", "lodge")

    assert finder.find_spec("old_lodge") is None
    assert finder.find_spec("old_lodger.part") is None


def test_installing_again_adds_no_second_finder(lodge):
    before = list(sys.meta_path)
    alias.install("old_lodge", "lodge")

    assert sys.meta_path == before


def test_pkgutil_and_resources_go_by_either_name(lodge):
    names = [info.name for info in pkgutil.walk_packages(lodge.__path__, "old_lodge.part.")]

    assert "old_lodge.part.part" in names
    assert pkgutil.get_data("old_lodge.part", "data.txt") == b"found"
    assert importlib.resources.files("old_lodge.part").joinpath("data.txt").is_file()
    assert pkgutil.resolve_name("old_lodge.part.deep:Thing") is lodge.Thing


def test_pickles_written_under_either_name_are_read(lodge):
    written = pickle.dumps(lodge.Thing(), protocol=0)
    assert b"clodge.thing\n" in written

    former = written.replace(b"clodge.thing\n", b"cold_lodge.thing\n")
    assert pickle.loads(former) == pickle.loads(written) == lodge.Thing()


def test_zope_resolves_dotted_names(lodge):
    assert resolve("old_lodge.part.deep.Thing") is lodge.Thing


def test_zcml_of_a_thin_package_names_modules_of_the_real_one(lodge):
    xmlconfig.string('<include package="thin_lodge" file="wiring.zcml" />')

    for name in ("", "old"):
        thing = getUtility(lodge.thing.IThing, name=name)
        assert type(thing) is lodge.Thing


def test_threads_importing_at_once_get_the_same_modules(lodge):
    names = [f"room{number}" for number in range(20)]
    start = threading.Barrier(8)
    found = {}

    def visit(index):
        package = ("old_lodge", "lodge")[index % 2]
        start.wait()
        for name in names:
            # As pickle and zope.configuration import.
            module = __import__(f"{package}.{name}", fromlist=["thing"])
            found[index, name] = module

    threads = [threading.Thread(target=visit, args=(index,)) for index in range(8)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)

    assert len(found) == 8 * len(names)
    for (_, name), module in found.items():
        assert module is sys.modules[f"lodge.{name}"]
        assert module.__spec__.name == f"lodge.{name}"


def test_the_engine_is_one_under_both_names():
    assert importlib.import_module("zc.async") is zc.async_
    assert sys.modules["zc.async"] is sys.modules["zc.async_"]
    assert resolve("zc.async") is zc.async_


def test_the_thin_package_keeps_its_own_name():
    thin = importlib.import_module("plone.app.async")

    assert thin.__name__ == "plone.app.async"
    assert thin is not plone.app.async_
    assert importlib.resources.files("plone.app.async").joinpath("__init__.py").is_file()


def test_the_thin_package_answers_with_the_attributes_of_the_real_one(monkeypatch):
    thin = importlib.import_module("plone.app.async")
    monkeypatch.setattr(plone.app.async_, "sample", object(), raising=False)

    assert thin.sample is plone.app.async_.sample
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        _ = thin.nothing_of_the_kind


@pytest.mark.parametrize("name", ["zc.async", "plone.app.async"])
def test_every_module_is_the_same_under_both_names(name):
    package = importlib.import_module(f"{name}_")
    below = [info.name.removeprefix(package.__name__) for info in pkgutil.walk_packages(package.__path__, f"{name}_.")]

    for rest in below:
        old = importlib.import_module(name + rest)
        assert old is importlib.import_module(f"{name}_{rest}")
        assert old.__name__ == f"{name}_{rest}"


@pytest.mark.parametrize("name", ["zc.async.nobody", "plone.app.async.nobody"])
def test_missing_modules_are_reported(name):
    with pytest.raises(ModuleNotFoundError, match=r"async_\.nobody"):
        importlib.import_module(name)


def test_a_fresh_process_may_begin_with_a_submodule_by_its_old_name():
    assert (
        python(
            """
            import importlib, sys

            old = importlib.import_module("zc.async.interfaces")
            assert old is importlib.import_module("zc.async_.interfaces")
            thin = importlib.import_module("plone.app.async")
            assert importlib.import_module("zc.async") is sys.modules["zc.async_"]
            print(old.__name__, thin.__name__)
            """
        )
        == "zc.async_.interfaces plone.app.async"
    )
