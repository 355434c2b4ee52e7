"""What is released is complete: built, unpacked and used without the source tree."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from importlib import metadata
from pathlib import Path
from textwrap import dedent

import pytest


ROOT = Path(__file__).parents[2]

# What a checkout may hold beside its files: below any folder, and at the top.
CACHES = shutil.ignore_patterns("__pycache__", "*.egg-info", "*.mo", "var")
LEFTOVERS = {"bin", "build", "develop-eggs", "dist", "eggs", "include", "lib", "lib64", "parts", "share"}

pytestmark = pytest.mark.slow


def leftovers(folder, names):
    hidden = {name for name in names if name in LEFTOVERS or name.startswith(".")} if Path(folder) == ROOT else set()
    return hidden | CACHES(folder, names)


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of the project, for building leaves its traces."""
    copy = tmp_path_factory.mktemp("checkout") / "plone.app.async"
    shutil.copytree(ROOT, copy, ignore=leftovers)
    return copy


@pytest.fixture(scope="module")
def source_files(checkout):
    """The names of all files below ``src``."""
    return {path.relative_to(checkout / "src").as_posix() for path in (checkout / "src").rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def dist(checkout, source_files, tmp_path_factory):
    """The folder with the source distribution, and with the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(checkout))
    return folder


@pytest.fixture(scope="module")
def wheel(dist):
    (path,) = dist.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def in_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


@pytest.fixture(scope="module")
def in_sdist(dist):
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        return {member.name.partition("/")[2] for member in archive if member.isfile()}


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The wheel, installed by itself."""
    folder = tmp_path_factory.mktemp("installed")
    run(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"),
        *("--no-deps", "--no-index", "--target", str(folder), str(wheel)),
    )
    return folder


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """All that is installed here, but for what is installed from a source tree, such as this package."""
    folder = tmp_path_factory.mktemp("elsewhere")
    editable = {
        Path(str(found.locate_file("")), one.parts[0]).name
        for found in metadata.distributions()
        if '"editable": true' in (found.read_text("direct_url.json") or "")
        for one in found.files or ()
    }
    for place in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for path in Path(place).iterdir():
            if path.suffix != ".pth" and path.name not in editable:
                (folder / path.name).symlink_to(path)
    return folder


@pytest.fixture(scope="module")
def python(installed, elsewhere, tmp_path_factory):
    """Runs code in an environment with Plone and the installed wheel, and returns what it printed as JSON."""

    def python(code):
        environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV"))}
        environ["PYTHONPATH"] = os.pathsep.join([str(installed), str(elsewhere)])
        # Without -S the site-packages of this environment would join in, with their editable installs.
        output = run(sys.executable, "-S", "-c", dedent(code), env=environ, cwd=tmp_path_factory.getbasetemp())
        return json.loads(output.splitlines()[-1])

    return python


def test_the_wheel_has_every_file_of_the_packages(in_wheel, source_files):
    packed = {name for name in in_wheel if ".dist-info/" not in name}

    assert packed == source_files


def test_the_wheel_has_what_is_easily_lost(in_wheel):
    expected = {
        "plone/app/async/__init__.py",
        "plone/app/async/configure.zcml",
        "plone/app/async/single_db.zcml",
        "plone/app/async_/__init__.py",
        "plone/app/async_/py.typed",
        "zc/async.py",
        "zc/async_/__init__.py",
        "zc/async_/configure.zcml",
        "zc/async_/monitor/__init__.py",
        "zc/async_/py.typed",
    }

    assert expected <= in_wheel
    assert not {"plone/__init__.py", "plone/app/__init__.py", "zc/__init__.py"} & in_wheel


def test_the_source_distribution_can_build_and_test_itself(in_sdist, source_files):
    expected = {
        "CHANGES.rst",
        "LICENSE.GPL",
        "LICENSE.rst",
        "Makefile",
        "README.rst",
        "buildout.cfg",
        "constraints.txt",
        "docs/how-to/buildout.rst",
        "pyproject.toml",
        "setup.py",
        "tests/packaging/test_distribution.py",
        "tox.ini",
        "versions.cfg",
    }

    assert expected <= in_sdist
    assert {f"src/{name}" for name in source_files} <= in_sdist


def test_no_compiled_or_cached_files_are_released(in_wheel, in_sdist):
    junk = ("__pycache__", ".pyc", ".mo", ".venv", "/var/")

    assert [name for name in in_wheel | in_sdist if any(part in name for part in junk)] == []


def test_the_metadata_says_what_it_is(installed):
    (found,) = metadata.distributions(path=[str(installed)])

    assert found.name == "plone.app.async"
    assert found.metadata["License-Expression"] == "GPL-2.0-only"
    assert found.metadata["Requires-Python"] == ">=3.10"
    (plugin,) = found.entry_points.select(group="z3c.autoinclude.plugin")
    assert (plugin.name, plugin.value) == ("target", "plone")
    licence_files = {Path(str(path)).name for path in found.files if "licenses" in path.parts}
    assert licence_files == {"LICENSE.GPL", "LICENSE.rst"}


def test_both_dotted_names_are_imported_from_the_wheel(python, installed):
    found = python(
        """
        import importlib, json

        names = ["zc.async", "zc.async.interfaces", "plone.app.async", "plone.app.async.interfaces"]
        modules = {name: importlib.import_module(name) for name in names}
        for name, module in modules.items():
            real = importlib.import_module(name.replace("async", "async_"))
            assert module is real or name == "plone.app.async", name
        print(json.dumps({name: module.__file__ for name, module in modules.items()}))
        """
    )

    for path in found.values():
        assert Path(path).is_relative_to(installed)


def test_plone_finds_the_package_by_the_name_of_its_distribution(python, installed):
    found = python(
        """
        import json
        from plone.autoinclude.loader import get_zcml_file, load_packages

        package = load_packages("plone")["plone.app.async"]
        print(json.dumps([package.__name__, get_zcml_file("plone.app.async")]))
        """
    )

    assert found == ["plone.app.async", str(installed / "plone/app/async/configure.zcml")]


def test_the_dependency_checker_knows_what_tests_share():
    _, _, config = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("[tool.dependencychecker]")
    shared = {path.stem for folder in ("examples", "tests/support") for path in (ROOT / folder).glob("*.py")}
    assert {name for name in shared if f'"{name}"' not in config} == set()
