"""The administration of people, teams, and what leads are described with."""

from crm.admin import customfields, people, sources, world

__all__ = ["customfields", "people", "sources", "world"]
