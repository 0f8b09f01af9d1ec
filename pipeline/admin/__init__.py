"""The administration of pipelines, stages, lost reasons, activity types; leads to look at."""

from pipeline.admin import activities, leads, stages

__all__ = ["activities", "leads", "stages"]
