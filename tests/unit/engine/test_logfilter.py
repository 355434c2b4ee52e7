"""Records in the log tell which job made them."""

import io
import logging
import logging.config
import textwrap

import pytest
import sample_jobs
from ZODB.utils import u64

from zc.async_.job import Job
from zc.async_.logfilter import JobIdFilter
from zc.async_.testing import wait_for_result
from zc.async_.testing import wait_until


logger = logging.getLogger("my.addon")


def log_it(*args):
    logger.warning("in the job")


@pytest.fixture
def lines():
    """All that is logged, one by one, each with its job."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(JobIdFilter())
    handler.setFormatter(logging.Formatter("%(job_id)s %(name)s %(message)s"))
    root, engine = logging.getLogger(), logging.getLogger("zc.async")
    level = engine.level
    engine.setLevel(logging.INFO)
    root.addHandler(handler)
    yield lambda: stream.getvalue().splitlines()
    root.removeHandler(handler)
    engine.setLevel(level)


def test_a_job_s_records_have_its_id_and_others_have_none(put, dispatch, lines):
    logger.warning("before")
    dispatch()
    job = put(log_it)
    wait_for_result(job)
    number = u64(job._p_oid)
    assert f"{number} my.addon in the job" in lines()
    assert "- my.addon before" in lines()


def test_all_that_the_engine_says_about_a_run_has_it(put, dispatch, lines):
    dispatch()
    job = put(sample_jobs.add, 1)
    number = u64(job._p_oid)

    def mine():
        return [line for line in lines() if "zc.async.trace" in line or "zc.async.jobs" in line]

    wait_until(lambda: any("completed in thread" in line for line in mine()), 6, lambda: f"{mine()}")
    assert len(mine()) == 4
    assert {line.split()[0] for line in mine()} == {str(number)}


def test_a_callback_has_an_id_of_its_own(put, dispatch, lines):
    job = Job(sample_jobs.add, 1)
    callback = job.addCallback(log_it)
    put(job)
    dispatch()
    wait_for_result(callback)
    assert f"{u64(callback._p_oid)} my.addon in the job" in lines()


def test_what_a_record_brings_is_kept(lines):
    logger.warning("from elsewhere", extra={"job_id": "4711"})
    assert lines() == ["4711 my.addon from elsewhere"]


def test_configuration_files_name_the_formatter(tmp_path, put, dispatch):
    log = tmp_path / "event.log"
    configuration = textwrap.dedent(f"""
        [loggers]
        keys = root, mine

        [handlers]
        keys = file

        [formatters]
        keys = line

        [logger_root]
        handlers =

        [logger_mine]
        qualname = my.addon
        level = INFO
        handlers = file

        [handler_file]
        class = FileHandler
        args = ({str(log)!r}, "w")
        formatter = line

        [formatter_line]
        class = zc.async_.logfilter.JobIdFormatter
        format = %(levelname)s [%(name)s] [job %(job_id)s] %(message)s
        """)
    root_handlers = list(logging.getLogger().handlers)
    logging.config.fileConfig(io.StringIO(configuration), disable_existing_loggers=False)
    try:
        logger.info("outside")
        dispatch()
        job = put(log_it)
        wait_for_result(job)
    finally:
        (handler,) = logger.handlers
        logger.removeHandler(handler)
        handler.close()
        logger.setLevel(logging.NOTSET)
        logging.getLogger().handlers[:] = root_handlers
    assert log.read_text("utf-8").splitlines() == [
        "INFO [my.addon] [job -] outside",
        f"WARNING [my.addon] [job {u64(job._p_oid)}] in the job",
    ]
