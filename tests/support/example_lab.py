"""The cluster with people, content and jobs to look at in a browser."""

import base64
import json
import os
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.request import ProxyHandler
from urllib.request import Request
from urllib.request import build_opener

from cluster import wait_until
from demo.cluster import SITE
from example import feeds
from example import hostile
from example import levers
from lab import Lab


HERE = Path(__file__).parent

ROOT_MANAGER = "root-manager"
ADMINISTRATOR = "ada"
MEMBER = "ben"
ATTACKER = "mallory"

PEOPLE = {
    ADMINISTRATOR: ("Ada Moreno", ["Member", "Site Administrator"]),
    MEMBER: ("Ben Okafor", ["Member"]),
    ATTACKER: (hostile.ATTACK, ["Member"]),
}
FOLDERS = {"reports": "Annual reports", "news": "News", "attacked": hostile.ATTACK}


class ExampleLab(Lab):
    """Its processes find the package ``example``, whose jobs its levers command."""

    folders = FOLDERS

    def __init__(self, home):
        super().__init__(home)
        self.levers = home / "levers"
        self.levers.mkdir()
        self.instance = replace(self.instance, include=("example", "instance.zcml"))
        self.worker = replace(self.worker, environment={**self.worker.environment, levers.FOLDER: str(self.levers)})

    def start(self):
        with on_python_path(HERE):
            super().start()

    def launch(self, client):
        with on_python_path(HERE):
            return super().launch(client)

    def make_site(self):
        super().make_site()
        environment = {
            "DEMO_SITE": SITE,
            "DEMO_PASSWORD": self.password,
            "ROOT_USER": ROOT_MANAGER,
            "PEOPLE": json.dumps(PEOPLE),
            "FOLDERS": json.dumps(self.folders),
        }
        self.instance.run_script(HERE / "make_people.py", environment)

    def pull(self, lever, text=feeds.END):
        """Tell jobs that look at the lever what to do."""
        path = self.levers / lever
        path.with_suffix(".new").write_text(text, "utf-8")
        path.with_suffix(".new").rename(path)

    def release(self, lever):
        """Put the lever back as if it had never been pulled."""
        (self.levers / lever).unlink(missing_ok=True)

    def job(self, job_id):
        """All that REST tells a root manager of a job."""
        password = base64.b64encode(f"{ROOT_MANAGER}:{self.password}".encode()).decode()
        headers = {"Accept": "application/json", "Authorization": f"Basic {password}"}
        request = Request(f"{self.site_url}/@jobs/{job_id}", headers=headers)
        with build_opener(ProxyHandler({})).open(request, timeout=60) as answer:
            return json.load(answer)

    def wait_for(self, job_id, state):
        """Return when the job is in the state."""
        wait_until(lambda: self.job(job_id)["state"] == state, f"job {job_id} is {state}", 30)


@contextmanager
def on_python_path(folder):
    """Let processes that are started meanwhile find modules in the folder."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(folder), before]))
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
