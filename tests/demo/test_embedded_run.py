"""The embedded run, for real: its processes, its port, its end."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing

import pytest

from tests.config.processes import ROOT, clean, run_manage

SECONDS = 120


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie that nobody has waited for yet is dead too.
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return not state.stdout.strip().startswith("Z") and bool(state.stdout.strip())


def children(pid):
    table = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    )
    pairs = [tuple(map(int, line.split())) for line in table.stdout.splitlines()]
    return [child for child, parent in pairs if parent == pid]


def descendants(pid):
    below = children(pid)
    return below + [deeper for child in below for deeper in descendants(child)]


def wait_until(condition, seconds=SECONDS):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.05)


class Started:
    """One run on its own port; its output in a file."""

    def __init__(self, environment, output):
        self.port = environment["PORT"]
        self.output = output
        with output.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo"],
                cwd=ROOT,
                env=clean(environment),
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def said(self):
        return self.output.read_text("utf-8")

    def wait_until_announced(self):
        wait_until(lambda: "Ctrl-C" in self.said() or self.process.poll() is not None)
        assert self.process.poll() is None, self.said()

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def start(tmp_path):
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "RELANCE_VAR": str(tmp_path / "var"),
        "DATABASE_URL": f"sqlite:///{tmp_path}/elsewhere.sqlite3",
        "PORT": str(free_port()),
    }
    runs = []

    def start(**changes):
        runs.append(Started(environment | changes, tmp_path / f"output-{len(runs)}"))
        return runs[-1]

    start.environment = environment
    yield start
    for run in runs:
        run.end()


def rows(start, table):
    path = start.environment["DATABASE_URL"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as link:
        return link.execute(f"SELECT count(*), max(id) FROM {table}").fetchone()


def test_it_serves_a_company_stops_on_ctrl_c_and_keeps_the_data(start):
    first = start()
    first.wait_until_announced()
    assert f"http://localhost:{first.port}/" in first.said()
    for name in ("admin", "manager", "leader", "rep", "mate"):
        assert f"{name}@demo.example" in first.said()
    with urllib.request.urlopen(f"http://127.0.0.1:{first.port}/readyz", timeout=10) as answer:
        assert answer.status == 200
    seeded = rows(start, "pipeline_lead")
    assert seeded[0] == 300

    processes = descendants(first.process.pid)
    assert len(processes) >= 3  # gunicorn and its worker, celery
    first.process.send_signal(signal.SIGINT)
    assert first.process.wait(60) == 0
    assert [pid for pid in processes if alive(pid)] == []
    assert "All stopped" in first.said()

    second = start()
    second.wait_until_announced()
    assert "Making a company" not in second.said()
    assert rows(start, "pipeline_lead") == seeded
    second.process.send_signal(signal.SIGTERM)
    assert second.process.wait(60) == 0


def test_when_the_worker_dies_it_is_named_and_all_stop(start):
    run = start()
    run.wait_until_announced()
    processes = descendants(run.process.pid)
    (worker,) = [pid for pid in children(run.process.pid) if not children(pid)]
    os.kill(worker, signal.SIGKILL)
    assert run.process.wait(60) == 1
    assert "The worker ended with -9" in run.said()
    assert [pid for pid in processes if alive(pid)] == []


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux to tell children of a death")
def test_even_a_killed_run_leaves_no_process_behind(start):
    run = start()
    run.wait_until_announced()
    processes = descendants(run.process.pid)
    run.process.kill()
    run.process.wait()
    wait_until(lambda: not [pid for pid in processes if alive(pid)], 30)


def test_a_port_in_use_is_told_with_the_way_out(start):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        answer = run_manage("demo", environment=start.environment | {"PORT": str(port)})
    assert answer.returncode == 1
    assert f"Port {port}" in answer.stderr
    assert f"PORT={port + 1}" in answer.stderr
    assert "Traceback" not in answer.stderr
