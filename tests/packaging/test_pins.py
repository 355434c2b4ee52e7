"""The list of exact versions for buildout is the one for pip."""

import re
from configparser import ConfigParser
from pathlib import Path


ROOT = Path(__file__).parents[2]

# They run before the list applies, or are used by buildouts alone.
OF_BUILDOUT = {
    "plone-recipe-zeoserver",
    "plone-recipe-zope2instance",
    "python-dotenv",
    "zc-buildout",
    "zc-recipe-egg",
    "zopeundo",
}


def normalized(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_versions_cfg_agrees_with_the_constraints():
    constraints = set()
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, version = line.partition(";")[0].split("==")
            constraints.add((normalized(name), version.strip()))
    config = ConfigParser(interpolation=None)
    config.read(ROOT / "versions.cfg", encoding="utf-8")
    versions = {(normalized(name), version) for name, version in config["versions"].items()}

    assert {(name, version) for name, version in versions - constraints if name not in OF_BUILDOUT} == set()
