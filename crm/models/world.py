"""Whom we know and what we offer: companies, contacts, tags, products."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.folding import custom_keys, domain_key, email_key, phone_key, text_key
from core.models import Tracked
from crm.alike import LENGTH, company_alike, own_domain, person_alike
from crm.models.people import User
from crm.querysets import CompanyQuerySet, ContactQuerySet, TagQuerySet


class Tag(Tracked):
    """A word that leads, contacts and companies are marked with."""

    name = models.CharField(_("name"), max_length=60)
    name_key = models.CharField(max_length=180, unique=True, editable=False)
    colour = models.CharField(_("colour"), max_length=7, blank=True)

    ledger_machine = {"name_key": "crm.models.world"}
    objects = models.Manager.from_queryset(TagQuerySet)()  # type: ignore[misc]

    class Meta(Tracked.Meta):
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    def set_keys(self) -> None:
        """Fold the name; called before every insert and save."""
        self.name_key = text_key(self.name, 180)


class Product(Tracked):
    """Something we sell, light: a name and a list price."""

    code = models.CharField(_("code"), max_length=60, blank=True)
    name = models.CharField(_("name"), max_length=150)
    name_key = models.CharField(max_length=450, unique=True, editable=False)
    list_price = models.DecimalField(
        _("list price"), max_digits=15, decimal_places=2, null=True, blank=True
    )
    is_active = models.BooleanField(_("active"), default=True)

    ledger_machine = {"name_key": "crm.models.world"}

    class Meta(Tracked.Meta):
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                name="product_price_not_negative",
                condition=models.Q(list_price__isnull=True) | models.Q(list_price__gte=0),
                violation_error_message=_("A price is not negative."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def set_keys(self) -> None:
        """Fold the name without its spaces, so that “GTXPro” finds “GTX Pro”."""
        self.name_key = text_key(self.name.replace(" ", ""), 450)


class Company(Tracked):
    """A company that we sell to, or might."""

    name = models.CharField(_("name"), max_length=200)
    name_key = models.CharField(max_length=600, editable=False)
    name_alike = models.CharField(max_length=LENGTH, blank=True, editable=False)
    domain = models.CharField(_("domain"), max_length=253, blank=True)
    domain_key = models.CharField(max_length=253, blank=True, editable=False)
    industry = models.CharField(_("industry"), max_length=100, blank=True)
    industry_key = models.CharField(max_length=300, blank=True, editable=False)
    employees = models.PositiveIntegerField(_("employees"), null=True, blank=True)
    annual_revenue = models.DecimalField(
        _("annual revenue"), max_digits=18, decimal_places=2, null=True, blank=True
    )
    street = models.CharField(_("street"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    postal_code_key = models.CharField(max_length=60, blank=True, editable=False)
    city = models.CharField(_("city"), max_length=100, blank=True)
    city_key = models.CharField(max_length=300, blank=True, editable=False)
    country = models.CharField(_("country"), max_length=100, blank=True)
    country_key = models.CharField(max_length=300, blank=True, editable=False)
    website = models.URLField(_("website"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    phone_key = models.CharField(max_length=20, blank=True, editable=False)
    parent = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("parent company"),
    )
    owner = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="companies",
        verbose_name=_("owner"),
    )
    tags = models.ManyToManyField(
        Tag, through="CompanyTag", related_name="companies", blank=True, verbose_name=_("tags")
    )
    custom = models.JSONField(_("custom fields"), default=dict, blank=True)
    custom_keys = models.JSONField(default=dict, blank=True, editable=False)
    external_source = models.CharField(max_length=40, blank=True, editable=False)
    external_id = models.CharField(_("external id"), max_length=100, blank=True, editable=False)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    ledger_machine = dict.fromkeys(
        (
            "name_key",
            "name_alike",
            "domain_key",
            "phone_key",
            "industry_key",
            "postal_code_key",
            "city_key",
            "country_key",
            "custom_keys",
        ),
        "crm.models.world",
    )
    ledger_custom = "custom"
    objects = models.Manager.from_queryset(CompanyQuerySet)()  # type: ignore[misc]

    class Meta(Tracked.Meta):
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        ordering = ["name", "id"]
        indexes = [
            models.Index(fields=["name_key", "id"], name="company_by_name"),
            # What is behind the key spares those who go through duplicates the rows.
            models.Index(
                fields=["domain_key", "archived_at"],
                name="company_by_domain",
                condition=~models.Q(domain_key=""),
            ),
            models.Index(
                fields=["phone_key"], name="company_by_phone", condition=~models.Q(phone_key="")
            ),
            models.Index(
                fields=["name_alike", "domain_key", "archived_at"],
                name="company_alike",
                condition=~models.Q(name_alike=""),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["external_source", "external_id"],
                name="company_external_once",
                condition=~models.Q(external_id=""),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The company's page."""
        return reverse("company", args=[self.pk])

    def set_keys(self) -> None:
        """Fold names, places, domain, phone and custom texts; before every insert and save."""
        self.name_key = text_key(self.name, 600)
        self.name_alike = company_alike(self.name)
        self.industry_key = text_key(self.industry, 300)
        self.postal_code_key = text_key(self.postal_code, 60)
        self.city_key = text_key(self.city, 300)
        self.country_key = text_key(self.country, 300)
        self.custom_keys = custom_keys(self.custom or {})
        self.domain_key = domain_key(self.domain)[:253]
        self.phone_key = phone_key(self.phone, settings.DEFAULT_COUNTRY)


class Contact(Tracked):
    """A person that we know, at a company or on their own."""

    class Consent(models.TextChoices):
        """Whether the person may be written to for marketing."""

        UNKNOWN = "unknown", _("Not asked")
        GIVEN = "given", _("Given")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    name = models.CharField(_("name"), max_length=150)
    name_key = models.CharField(max_length=450, editable=False)
    name_alike = models.CharField(max_length=LENGTH, blank=True, editable=False)
    company = models.ForeignKey(
        Company,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name=_("company"),
    )
    job_title = models.CharField(_("job title"), max_length=120, blank=True)
    job_title_key = models.CharField(max_length=360, blank=True, editable=False)
    email = models.EmailField(_("e-mail"), blank=True)
    email_key = models.CharField(max_length=254, blank=True, editable=False)
    domain_key = models.CharField(max_length=254, blank=True, editable=False)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    phone_key = models.CharField(max_length=20, blank=True, editable=False)
    mobile = models.CharField(_("mobile"), max_length=40, blank=True)
    mobile_key = models.CharField(max_length=20, blank=True, editable=False)
    language = models.CharField(_("language"), max_length=5, blank=True)
    consent = models.CharField(_("consent"), max_length=9, choices=Consent, default=Consent.UNKNOWN)
    consent_at = models.DateTimeField(_("consent on"), null=True, blank=True, editable=False)
    consent_source = models.CharField(_("consent through"), max_length=100, blank=True)
    owner = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name=_("owner"),
    )
    tags = models.ManyToManyField(
        Tag, through="ContactTag", related_name="contacts", blank=True, verbose_name=_("tags")
    )
    custom = models.JSONField(_("custom fields"), default=dict, blank=True)
    custom_keys = models.JSONField(default=dict, blank=True, editable=False)
    external_source = models.CharField(max_length=40, blank=True, editable=False)
    external_id = models.CharField(_("external id"), max_length=100, blank=True, editable=False)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    ledger_machine = dict.fromkeys(
        (
            "name_key",
            "name_alike",
            "job_title_key",
            "email_key",
            "domain_key",
            "phone_key",
            "mobile_key",
            "custom_keys",
        ),
        "crm.models.world",
    )
    ledger_custom = "custom"
    objects = models.Manager.from_queryset(ContactQuerySet)()  # type: ignore[misc]

    class Meta(Tracked.Meta):
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["name", "id"]
        indexes = [
            models.Index(fields=["name_key", "id"], name="contact_by_name"),
            models.Index(
                fields=["email_key", "archived_at"],
                name="contact_by_email",
                condition=~models.Q(email_key=""),
            ),
            models.Index(
                fields=["phone_key", "archived_at"],
                name="contact_by_phone",
                condition=~models.Q(phone_key=""),
            ),
            models.Index(
                fields=["mobile_key", "archived_at"],
                name="contact_by_mobile",
                condition=~models.Q(mobile_key=""),
            ),
            models.Index(
                fields=["domain_key"], name="contact_by_domain", condition=~models.Q(domain_key="")
            ),
            models.Index(
                fields=["name_alike", "company", "domain_key", "archived_at"],
                name="contact_alike",
                condition=~models.Q(name_alike=""),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["external_source", "external_id"],
                name="contact_external_once",
                condition=~models.Q(external_id=""),
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The contact's page."""
        return reverse("contact", args=[self.pk])

    def set_keys(self) -> None:
        """Fold names, e-mail, phones and custom texts; called before every insert and save."""
        self.name_key = text_key(self.name, 450)
        self.name_alike = person_alike(self.name)
        self.job_title_key = text_key(self.job_title, 360)
        self.custom_keys = custom_keys(self.custom or {})
        self.email_key = email_key(self.email)
        self.domain_key = own_domain(self.email_key)
        self.phone_key = phone_key(self.phone, settings.DEFAULT_COUNTRY)
        self.mobile_key = phone_key(self.mobile, settings.DEFAULT_COUNTRY)
