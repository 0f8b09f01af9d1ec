"""The embedded run: a web server and a worker beside this process, beat inside it, one life.

They start together and stop together: on Ctrl-C, when one of them ends, and on Linux even when this
process is killed without a chance to say so.
"""

import contextlib
import ctypes
import fcntl
import logging
import multiprocessing
import os
import runpy
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.context import ForkContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from celery import Celery
from celery.beat import Service

START_SECONDS = 60
STOP_SECONDS = 12
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# A forked child has this process's imports already and shares their memory: up sooner, and smaller.
# Only Linux forks safely once system libraries are in use.
if sys.platform == "linux":
    CONTEXT: ForkContext | SpawnContext = multiprocessing.get_context("fork")
else:
    CONTEXT = multiprocessing.get_context("spawn")
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class CannotRun(Exception):
    """The run could not start or go on; the message tells the reader what to do."""


@dataclass(frozen=True)
class Part:
    """A process of the run and where it writes."""

    name: str
    process: BaseProcess
    log: Path

    def last_words(self, lines: int = 15) -> str:
        """The end of what it wrote."""
        return "\n".join(self.log.read_text("utf-8", errors="replace").splitlines()[-lines:])


class Run:
    """All parts of one embedded run; its folder takes their logs and beat's memory."""

    def __init__(self, *, app: Celery, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = environment
        self.parts: list[Part] = []
        # It looks at the clock each second, so that it also stops within one.
        self.clock = Service(app, max_interval=1, schedule_filename=str(folder / "beat-schedule"))
        logger = logging.getLogger("celery.beat")
        logger.addHandler(logging.FileHandler(folder / "beat.log", mode="w", encoding="utf-8"))
        logger.propagate = False
        self.beat = threading.Thread(target=self.clock.start, name="beat", daemon=True)

    def start(self, host: str, port: int) -> None:
        """Start web server, worker and beat; returns at once."""
        self._start_process(
            "web server",
            "gunicorn",
            "--config=python:config.gunicorn",
            f"--bind={host}:{port}",
            "--workers=1",
            "config.wsgi:application",
        )
        self._start_process(
            "worker",
            "celery",
            "--app=config",
            "worker",
            "--pool=threads",
            "--concurrency=2",
            "--loglevel=info",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
        )
        self.beat.start()

    def _start_process(self, name: str, module: str, *arguments: str) -> None:
        log = self.folder / f"{name.replace(' ', '-')}.log"
        process = CONTEXT.Process(
            target=_run_module,
            args=(module, arguments, dict(self.environment), log),
            name=name,
            daemon=True,
        )
        process.start()
        self.parts.append(Part(name, process, log))

    def wait_until_up(self, url: str, stopping: threading.Event) -> bool:
        """True when `url` answers, False when `stopping` came first; CannotRun if a part ends."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if stopping.wait(0.05):
                return False
            self.check()
            if _answers(url):
                return True
        raise CannotRun(f"The web server did not answer within {START_SECONDS} s.")

    def check(self) -> None:
        """Raise CannotRun with the last words of a part that has ended."""
        for part in self.parts:
            if not part.process.is_alive():
                code = part.process.exitcode
                raise CannotRun(
                    f"The {part.name} ended with {code}. Its last words ({part.log}):\n"
                    f"{part.last_words()}"
                )
        if not self.beat.is_alive():
            raise CannotRun("Beat ended; nothing that is due would be done any more.")

    def stop(self) -> None:
        """Ask all to stop, wait, end by force what stays; nothing is left afterwards."""
        self.clock.stop()
        for part in self.parts:
            part.process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for part in self.parts:
            part.process.join(max(0.1, deadline - time.monotonic()))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(part.process.pid or 0, signal.SIGKILL)
            part.process.join()
        if self.beat.is_alive():
            self.beat.join(STOP_SECONDS)


def _run_module(
    module: str, arguments: tuple[str, ...], environment: dict[str, str], log: Path
) -> None:
    """In the child: be `python -m module arguments`, with the log for its output."""
    # Its own session: Ctrl-C reaches the watching process alone, which stops the others.
    os.setsid()
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    with log.open("wb") as output:
        os.dup2(output.fileno(), sys.stdout.fileno())
        os.dup2(output.fileno(), sys.stderr.fileno())
    os.environ.update(environment)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310
            return True
    except urllib.error.HTTPError:
        return True  # it answers, be it that it does not know this host name
    except (urllib.error.URLError, OSError):
        return False


def refuse_busy_port(host: str, port: int) -> None:
    """CannotRun when something else listens on `port`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host.strip("[]"), port))
        except PermissionError:
            raise CannotRun(f"Port {port} needs more rights; choose another: PORT=8001") from None
        except OSError as error:
            raise CannotRun(
                f"Port {port} on {host} is not free ({error.strerror}). Another run may be on it; "
                f"choose another port: make demo PORT={port + 1}"
            ) from None


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; CannotRun when another run on the same data holds it."""
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun(
                "This database is already served by another run; stop that one first."
            ) from None
        yield


@contextlib.contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """An event that SIGINT, SIGTERM and SIGHUP set instead of ending the process."""
    stopping = threading.Event()
    before = [signal.signal(number, lambda *_: stopping.set()) for number in STOP_SIGNALS]
    try:
        yield stopping
    finally:
        for number, handler in zip(STOP_SIGNALS, before, strict=True):
            signal.signal(number, handler)
