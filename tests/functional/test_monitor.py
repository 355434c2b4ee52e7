"""The worker's monitor, as the product configuration asks for it."""

import json

import pytest


pytestmark = pytest.mark.functional


def test_help(lab, worker):
    answer = lab.ask_monitor("help")
    assert answer.startswith("Supported commands:\n")
    assert "\n  async -- " in answer


def test_P34_async_status(lab, worker):
    status = json.loads(lab.ask_monitor("async status"))
    assert status["status"] == "RUNNING"
    assert status["poll interval"] == {"seconds": 2.0}
    assert status["uuid"] == lab.ask_monitor("async UUID").strip()
