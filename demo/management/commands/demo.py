"""`manage.py demo`: a whole Relance on this machine, with a believable company in it."""

import ipaddress
import os
import time
from pathlib import Path
from typing import Any

from celery import current_app
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections, transaction
from kombu import pools

from core import broker, readiness
from demo import embedded
from pipeline.models import Lead

LEADS, USERS, SEED, MONTHS = 300, 20, 1, 12
CAST = [
    ("admin", "runs the installation", "administre l'installation"),
    ("manager", "sees and configures all", "voit et règle tout"),
    ("leader", "leads a team", "dirige une équipe"),
    ("rep", "sells", "vend"),
    ("mate", "sells in the same team", "vend dans la même équipe"),
]


class Command(BaseCommand):
    """Prepares the database, starts all processes, tells the address, stops all on Ctrl-C."""

    help = (
        "Runs Relance with demo data; PORT, HOST and DATABASE_URL are taken from the environment."
    )
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until asked to stop; CommandError when something ends by itself."""
        if not settings.DEMO:
            raise CommandError("The demo runs with the settings config.settings.dev only.")
        host = os.environ.get("HOST") or "127.0.0.1"
        port = int(os.environ.get("PORT") or 8000)
        try:
            embedded.refuse_busy_port(host, port)
            with embedded.alone(self.folder()):
                self.prepare()
                self.run(host, port)
        except embedded.CannotRun as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            raise CommandError("Stopped before it was ready.") from None

    def folder(self) -> Path:
        """Where this run keeps its lock, its logs and the beat schedule: beside its queue."""
        options = getattr(settings, "CELERY_BROKER_TRANSPORT_OPTIONS", {})
        if "data_folder_in" in options:
            return Path(options["data_folder_in"]).parent
        folder = Path(settings.BASE_DIR) / "var" / "run"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def prepare(self) -> None:
        """Bring the schema up to the code and fill an empty database; nothing else is touched."""
        if readiness.pending_migrations():
            self.stdout.write("Preparing the database …")
            call_command("migrate", verbosity=0, interactive=False)
        if not get_user_model().objects.exists() and not Lead.objects.exists():
            self.stdout.write(f"Making a company with {LEADS} leads …")
            # All or nothing: a run that is stopped here finds an empty database next time.
            with transaction.atomic():
                call_command("seed", leads=LEADS, users=USERS, seed=SEED, months=MONTHS)
        options = getattr(settings, "CELERY_BROKER_TRANSPORT_OPTIONS", {})
        if "processed_folder" in options:
            broker.restore_claimed(options)
        with current_app.connection_for_write() as link:
            current_app.amqp.queues[current_app.conf.task_default_queue](
                link.default_channel
            ).declare()
        # What the children must not share: each opens its own.
        pools.reset()
        connections.close_all()

    def run(self, host: str, port: int) -> None:
        """Start all, announce, watch."""
        began = time.monotonic()
        run = embedded.Run(
            app=current_app,
            folder=self.folder(),
            environment={
                "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
                "WEB_GRACE_SECONDS": "3",
            },
        )
        with embedded.stop_signals() as stopping:
            try:
                run.start(host, port)
                local = "127.0.0.1" if _is_any(host) else host
                if run.wait_until_up(f"http://{local}:{port}/healthz", stopping):
                    self.announce(host, port, time.monotonic() - began)
                while not stopping.wait(0.5):
                    run.check()
            finally:
                self.stdout.write("Stopping … · Arrêt …")
                run.stop()
        self.stdout.write("All stopped. · Tout est arrêté.")

    def announce(self, host: str, port: int, seconds: float) -> None:
        """The address and the logins, in both languages."""
        name = "localhost" if host == "127.0.0.1" or _is_any(host) else host
        lines = [
            "",
            f"  Relance is up · Relance est prêt: http://{name}:{port}/  ({seconds:.1f} s)",
            "",
            *(
                f"    {who + '@demo.example':<22} {english} · {french}"
                for who, english, french in CAST
            ),
            "",
            "    password · mot de passe: demo",
            "",
            "  Ctrl-C stops it and keeps the data · Ctrl-C arrête, les données restent.",
            "",
        ]
        if host != "127.0.0.1":
            lines.insert(
                2, "  Anyone who reaches it can log in · Tout le réseau peut se connecter."
            )
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def _is_any(host: str) -> bool:
    """Whether `host` stands for every address of the machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_unspecified
    except ValueError:
        return False
