"""Tags and products."""

from __future__ import annotations

from django.contrib import admin

from core.admin.bases import ConfigurationAdmin, ConfigurationForm
from core.admin.fields import ColourField, label_of
from crm.models import Product, Tag


class TagForm(ConfigurationForm):
    """A tag and its colour."""

    colour = ColourField(label=label_of(Tag, "colour"))

    class Meta:
        model = Tag
        fields = ("name", "colour")


@admin.register(Tag)
class TagAdmin(ConfigurationAdmin):
    """Tags: whoever works here coins them; here they are renamed, coloured, deleted."""

    form = TagForm
    fields = ("name", "colour")
    list_display = ("name", "colour")
    search_fields = ("name",)


@admin.register(Product)
class ProductAdmin(ConfigurationAdmin):
    """What is sold."""

    fields = ("code", "name", "list_price", "is_active")
    list_display = ("name", "code", "list_price", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "code")
