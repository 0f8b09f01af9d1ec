"""The administration of pipelines, their stages, lost reasons and activity types."""

from pipeline.admin import activities, stages

__all__ = ["activities", "stages"]
