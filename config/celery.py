"""The Celery application and the beat schedule. Due work is rows; beat only has it looked for."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

app = Celery("relance")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "hand out what was overlooked": {"task": "core.tasks.hand_out_changes", "schedule": 60.0},
    "go on with large undos": {"task": "core.tasks.sweep_undos", "schedule": 60.0},
    "work on search text": {"task": "pipeline.tasks.refresh_search", "schedule": 60.0},
    "fold stage totals": {"task": "pipeline.tasks.fold_totals", "schedule": 300.0},
    "prove stage totals": {"task": "pipeline.tasks.prove_totals", "schedule": 24 * 3600.0},
    "forget old idempotency keys": {"task": "core.tasks.forget_keys", "schedule": 3600.0},
    "tell people of changes": {"task": "messaging.tasks.notify", "schedule": 60.0},
    "remove contents of deleted files": {"task": "messaging.tasks.sweep_files", "schedule": 3600.0},
    "remind people of activities": {"task": "messaging.tasks.remind", "schedule": 30.0},
    "tell guests of meetings": {"task": "messaging.tasks.tell_guests", "schedule": 15.0},
    "order morning mails": {"task": "messaging.tasks.send_digests", "schedule": 300.0},
    "send mails that wait": {"task": "messaging.tasks.deliver", "schedule": 60.0},
    "go on with imports": {"task": "capture.tasks.sweep_imports", "schedule": 60.0},
    "go on with demo data": {"task": "demo.tasks.sweep_orders", "schedule": 60.0},
    "remove files of old imports": {"task": "capture.tasks.forget_files", "schedule": 3600.0},
}
