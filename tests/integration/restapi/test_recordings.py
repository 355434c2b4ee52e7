"""The requests and responses in the documentation are real: made here, and compared with the files.

``RECORD=1`` writes the files instead.
"""

import json
import os
import re
from datetime import datetime
from datetime import timedelta
from datetime import timezone
from pathlib import Path

import pytest
import transaction
from sample_rest import add_numbers
from sample_rest import publish

from plone.app.async_.overview.ids import id_of
from zc.async_ import clock


FOLDER = Path(__file__).parents[3] / "docs" / "reference" / "http"
URL = "http://localhost:8080/plone"


class Ticking:
    """A clock that goes on by a second each time somebody looks at it, so that nothing depends on the machine."""

    def __init__(self):
        self.time = datetime(2026, 3, 1, 10, tzinfo=timezone.utc)

    def __call__(self):
        return self.time

    def tick(self):
        self.time += timedelta(seconds=1)


@pytest.fixture
def ticking():
    ticking = Ticking()
    clock.set_source(ticking)
    yield ticking
    clock.set_source(None)


@pytest.fixture
def jobs(ticking, service, folder, work):
    """Jobs in three states, by the ids that the documentation shows."""
    failed = service.queueJob(publish, folder, password="secret")
    done = service.queueJob(add_numbers, folder, 40, 2)
    ticking.tick()
    work()
    ticking.tick()
    waiting = service.queueJob(add_numbers, folder, 1, 1)
    transaction.commit()
    ticking.tick()
    return {"1001": id_of(failed), "1002": id_of(done), "1003": id_of(waiting)}


RECORDED = {
    "jobs": ("get", "/@jobs", {"b_size": 1, "state": "succeeded,failed"}),
    "job": ("get", "/@jobs/1003", {}),
    "job_not_found": ("get", "/@jobs/4711", {}),
    "job_cancel": ("post", "/@jobs/1003/cancel", {"reason": "no longer needed"}),
    "job_retry": ("post", "/@jobs/1001/retry", {}),
    "job_conflict": ("post", "/@jobs/1002/retry", {}),
    "job_delete": ("delete", "/@jobs/1002", {}),
    "jobs_retry": ("post", "/@jobs/retry", {"callable": "sample_rest.publish"}),
    "job_queues": ("get", "/@job-queues", {}),
    "job_queue_patch": ("patch", "/@job-queues/default", {"is_paused": True, "quotas": {"default": 4}}),
    "job_workers": ("get", "/@job-workers", {}),
}


def real(path, jobs):
    return re.sub(r"\d{4}", lambda found: jobs.get(found[0], found[0]), path)


def as_shown(text, jobs):
    """Without what differs from run to run: ids, and where the site is."""
    for shown, job_id in jobs.items():
        text = text.replace(job_id, shown)
    text = re.sub(r"http://localhost(:\d+)?/plone", URL, text)
    return re.sub(r" +$", "", text, flags=re.M)


def request_text(method, path, sent, answer, jobs):
    target = as_shown(answer.request.path_qs, jobs)
    lines = [f"{method.upper()} {target} HTTP/1.1", "Accept: application/json"]
    body = ""
    if method in ("post", "patch"):
        lines.append("Content-Type: application/json")
        body = json.dumps(sent, indent=2)
    return "\n".join([*lines, "", body]).rstrip() + "\n"


def response_text(answer, jobs):
    lines = [f"HTTP/1.1 {answer.status}"]
    if answer.body:
        lines.append("Content-Type: application/json")
    return as_shown("\n".join([*lines, "", answer.text]).rstrip() + "\n", jobs)


@pytest.mark.parametrize("name", RECORDED)
def test_the_documentation_shows_what_is_answered(client, jobs, name):
    method, path, sent = RECORDED[name]

    answer = getattr(client("manager"), method)(real(path, jobs), **sent)

    texts = {"req": request_text(method, path, sent, answer, jobs), "resp": response_text(answer, jobs)}
    for kind, text in texts.items():
        file = FOLDER / f"{name}.{kind}"
        if os.environ.get("RECORD"):
            FOLDER.mkdir(exist_ok=True)
            file.write_text(text, "utf-8")
        assert text == file.read_text("utf-8")


def test_nothing_else_is_recorded():
    assert {file.stem for file in FOLDER.iterdir()} == set(RECORDED)
