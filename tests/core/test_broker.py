"""The embedded broker, with real connections on real folders and a process that is killed."""

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from kombu import Connection, Exchange, Queue

from core.broker import Transport, restore_claimed
from tests.config.processes import ROOT

QUEUE = Queue("work", Exchange("work", type="direct"), routing_key="work")


@pytest.fixture
def options(tmp_path):
    folders = {name: tmp_path / name for name in ("queue", "claimed", "control")}
    for folder in folders.values():
        folder.mkdir()
    # kombu remembers, for the whole process, the queues that it has written down.
    Transport.global_state.clear()
    return {
        "data_folder_in": str(folders["queue"]),
        "data_folder_out": str(folders["queue"]),
        "processed_folder": str(folders["claimed"]),
        "control_folder": str(folders["control"]),
        "polling_interval": 0.01,
    }


def connect(options):
    return Connection("filesystem://", transport="core.broker:Transport", transport_options=options)


def send(options, bodies):
    with connect(options) as link:
        queue = link.SimpleQueue(QUEUE)
        for body in bodies:
            queue.put(body)
        queue.close()


def waiting(options):
    return sorted(Path(options["data_folder_in"]).iterdir())


def claimed(options):
    return sorted(Path(options["processed_folder"]).iterdir())


def test_messages_come_in_the_order_in_which_they_were_sent(options):
    send(options, range(20))
    with connect(options) as link:
        queue = link.SimpleQueue(QUEUE)
        got = []
        for _ in range(20):
            message = queue.get(timeout=2)
            got.append(message.payload)
            message.ack()
    assert got == list(range(20))
    assert waiting(options) == claimed(options) == []


def test_a_message_stays_on_disk_until_it_is_acknowledged(options):
    send(options, ["one"])
    with connect(options) as link:
        message = link.SimpleQueue(QUEUE).get(timeout=2)
        assert waiting(options) == []
        assert len(claimed(options)) == 1
        message.ack()
        assert claimed(options) == []


def test_a_refused_message_goes_back_and_leaves_no_copy(options):
    send(options, ["one"])
    with connect(options) as link:
        queue = link.SimpleQueue(QUEUE)
        queue.get(timeout=2).requeue()
        assert (len(waiting(options)), claimed(options)) == (1, [])
        again = queue.get(timeout=2)
        assert again.payload == "one"
        again.ack()
    assert waiting(options) == claimed(options) == []


def test_what_a_closing_worker_had_in_hand_goes_back(options):
    send(options, ["one"])
    with connect(options) as link:
        link.SimpleQueue(QUEUE).get(timeout=2)
    assert (len(waiting(options)), claimed(options)) == (1, [])


TAKE_AND_DIE = """
import os, signal, sys, json
from kombu import Connection, Exchange, Queue
options = json.loads(sys.argv[1])
queue = Queue("work", Exchange("work", type="direct"), routing_key="work")
link = Connection("filesystem://", transport="core.broker:Transport", transport_options=options)
simple = link.SimpleQueue(queue)
for _ in range(3):
    simple.get(timeout=5)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_worker_had_in_hand_is_put_back_at_the_next_start(options):
    send(options, range(5))
    dead = subprocess.run(
        [sys.executable, "-c", TAKE_AND_DIE, json.dumps(options)], cwd=ROOT, check=False, timeout=60
    )
    assert dead.returncode == -signal.SIGKILL
    assert len(claimed(options)) >= 3
    restore_claimed(options)
    with connect(options) as link:
        queue = link.SimpleQueue(QUEUE)
        got = []
        for _ in range(5):
            message = queue.get(timeout=2)
            got.append(message.payload)
            message.ack()
    assert sorted(got) == list(range(5))


def test_readers_and_writers_side_by_side_lose_nothing_and_double_nothing(options):
    writers, each, got, lock = 4, 100, [], threading.Lock()
    send(options, [])  # the queue's table is made before they race

    def write(number):
        send(options, [f"{number}-{index}" for index in range(each)])

    def read():
        with connect(options) as link:
            queue = link.SimpleQueue(QUEUE)
            while True:
                try:
                    message = queue.get(timeout=1.5)
                except queue.Empty:
                    return
                with lock:
                    got.append(message.payload)
                message.ack()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    threads += [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(got) == writers * each
    assert len(set(got)) == writers * each
