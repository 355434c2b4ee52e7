"""A real browser in front of the processes of ``examples/run.py``: ``make test-browser``."""

import pytest
import windows as browser_windows
from demo.cluster import USER
from example_lab import ADMINISTRATOR
from example_lab import MEMBER
from example_lab import ROOT_MANAGER
from example_lab import ExampleLab
from playwright.sync_api import expect
from playwright.sync_api import sync_playwright
from windows import ARGUMENTS
from windows import SECONDS
from windows import Windows


@pytest.fixture(scope="session", autouse=True)
def chromium():
    path = browser_windows.chromium_path()
    if path is None:
        pytest.exit("There is no Chromium: install it (Debian: apt-get install chromium), or let CHROMIUM name it", 1)
    expect.set_options(timeout=SECONDS * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    with ExampleLab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture(autouse=True)
def worker(lab):
    return lab.running_worker()


@pytest.fixture(scope="session")
def all_windows(lab, chromium):
    return Windows(lab, chromium)


@pytest.fixture
def windows(all_windows):
    """Opens windows, closes them in the end, and complains about scripts that failed or opened dialogs."""
    yield all_windows
    all_windows.close()
    troubles = list(all_windows.troubles)
    all_windows.troubles.clear()
    assert not troubles


@pytest.fixture
def open_browser(windows):
    """Opens a window in which a user of the site has logged in; None means nobody has."""
    return lambda user=USER, **options: windows.open(user, **options)


@pytest.fixture
def administrator(windows):
    """A window of a Site Administrator."""
    return windows.open(ADMINISTRATOR)


@pytest.fixture
def root_manager(windows):
    """A window of a manager of the Zope root."""
    return windows.open(ROOT_MANAGER)


@pytest.fixture
def member(windows):
    """A window of a user without any special role."""
    return windows.open(MEMBER)


@pytest.fixture
def queue(lab):
    """Queues jobs from a window."""
    return lambda page, function, **arguments: browser_windows.queue(page, lab.site_url, function, **arguments)


@pytest.fixture
def feed(lab, request):
    """The lever of the test's long jobs. They end with the test."""
    name = request.node.name.partition("[")[0]
    lab.release(name)
    yield name
    lab.pull(name)


@pytest.fixture
def panel(lab):
    """The address of the control panel."""
    return f"{lab.site_url}/@@manage-job-queue"
