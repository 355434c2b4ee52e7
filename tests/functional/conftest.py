"""One cluster for all functional tests."""

import pytest
from lab import Lab


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    with Lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(scope="session")
def browser(lab):
    return lab.log_in()


@pytest.fixture
def worker(lab):
    return lab.running_worker()
