"""Telephone numbers as people of a country write them."""

from __future__ import annotations

from functools import cache

import phonenumbers
from django.conf import settings

from core.folding import fold, phone_key

#: How countries are called in English, in French and by themselves, by code (ISO 3166-1).
_NAMES = {
    "AE": "united arab emirates, émirats arabes unis, uae",
    "AT": "austria, autriche, österreich",
    "AU": "australia, australie",
    "BE": "belgium, belgique, belgië",
    "BR": "brazil, brésil, brasil",
    "CA": "canada",
    "CH": "switzerland, suisse, schweiz, svizzera",
    "CI": "ivory coast, côte d'ivoire",
    "CL": "chile, chili",
    "CM": "cameroon, cameroun",
    "CN": "china, chine",
    "CZ": "czechia, czech republic, tchéquie, république tchèque, česko",
    "DE": "germany, allemagne, deutschland",
    "DK": "denmark, danemark, danmark",
    "DZ": "algeria, algérie",
    "EE": "estonia, estonie, eesti",
    "ES": "spain, espagne, españa",
    "FI": "finland, finlande, suomi",
    "FR": "france",
    "GB": "united kingdom, royaume-uni, uk, great britain, grande-bretagne, england, angleterre,"
    " scotland, écosse, wales, pays de galles",
    "GR": "greece, grèce, ελλάδα",
    "HK": "hong kong",
    "HR": "croatia, croatie, hrvatska",
    "HU": "hungary, hongrie, magyarország",
    "IE": "ireland, irlande, éire",
    "IL": "israel, israël",
    "IN": "india, inde",
    "IT": "italy, italie, italia",
    "JP": "japan, japon",
    "KR": "south korea, corée du sud",
    "LT": "lithuania, lituanie, lietuva",
    "LU": "luxembourg, luxemburg",
    "LV": "latvia, lettonie, latvija",
    "MA": "morocco, maroc",
    "MC": "monaco",
    "MG": "madagascar",
    "MX": "mexico, mexique, méxico",
    "NL": "netherlands, the netherlands, pays-bas, nederland, holland, hollande",
    "NO": "norway, norvège, norge",
    "NZ": "new zealand, nouvelle-zélande",
    "PL": "poland, pologne, polska",
    "PT": "portugal",
    "RE": "réunion, la réunion",
    "RO": "romania, roumanie, românia",
    "RS": "serbia, serbie, srbija",
    "SE": "sweden, suède, sverige",
    "SG": "singapore, singapour",
    "SI": "slovenia, slovénie, slovenija",
    "SK": "slovakia, slovaquie, slovensko",
    "SN": "senegal, sénégal",
    "TN": "tunisia, tunisie",
    "TR": "turkey, turquie, türkiye",
    "UA": "ukraine",
    "US": "united states, états-unis, usa, united states of america, états-unis d'amérique",
    "ZA": "south africa, afrique du sud",
}


@cache
def _codes() -> dict[str, str]:
    named = {fold(name): code for code, names in _NAMES.items() for name in names.split(",")}
    return {**{code.casefold(): code for code in phonenumbers.SUPPORTED_REGIONS}, **named}


def country_code(country: str) -> str:
    """The code of a country (ISO 3166-1) by its name or code; that of ours for one unknown."""
    return _codes().get(fold(country), settings.DEFAULT_COUNTRY)


def read_number(number: str, country: str) -> str:
    """A number that somebody in `country` wrote, so that it reads the same everywhere: as it
    stands, or in its international form where it was dialled from another country than ours.
    "" when it is no number."""
    code = country_code(country)
    key = phone_key(number, code)
    if not key:
        return ""
    if phone_key(number, settings.DEFAULT_COUNTRY) == key:
        return " ".join(number.split())
    return str(
        phonenumbers.format_number(
            phonenumbers.parse(key), phonenumbers.PhoneNumberFormat.INTERNATIONAL
        )
    )
