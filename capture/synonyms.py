"""What other programs and people call our fields: headings in English and French, by subject.

A heading is compared by its letters and digits alone, without case and accents: “Lead Owner”,
“lead_owner” and “LeadOwner” are one. Where several headings mean one field, the earlier in its
list wins and the others are reported as not carried over.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum


class Subject(StrEnum):
    """What the rows of a file are."""

    LEAD = "lead"
    COMPANY = "company"
    PRODUCT = "product"
    USER = "user"
    CONTACT = "contact"
    OTHER = "other"  # activities, notes, attachments, histories: nothing that is taken over


class Type(StrEnum):
    """How the cells of a field are read."""

    TEXT = "text"
    MONEY = "money"
    NUMBER = "number"
    MOMENT = "moment"
    YES_NO = "yes_no"
    NAMES = "names"
    WEBSITE = "website"


def heading_key(heading: str) -> str:
    """The letters and digits of a heading, without case and accents."""
    plain = unicodedata.normalize("NFKD", heading).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


#: Fields of a company, wherever they stand.
_COMPANY = {
    "industry": "industry, sector, secteur, secteur d'activité, branche, activité",
    "employees": "employees, number of employees, no. of employees, employee count, headcount,"
    " effectif, effectifs, nombre d'employés, salariés, nombre de salariés",
    "annual_revenue": "annual revenue, revenue, turnover, chiffre d'affaires, ca annuel",
    "street": "street, street address, billing street, address, rue, adresse,"
    " street road name of company address, street road name of address",
    "postal_code": "postal code, zip, zip code, zip postal code, billing postal code, billing code,"
    " code postal, cp, zip postal code of company address, zip postal code of address",
    "city": "city, town, billing city, ville, city town village locality of company address,"
    " city town village locality of address",
    "country": "country, country region, billing country, pays, country of company address,"
    " country of address, address country region, country_id",
    "website": "website, website url, web site, url, site web, site internet",
    "domain": "domain, company domain name, company domain, email domain, domaine, nom de domaine",
    "parent": "parent company, parent account, subsidiary of, parent, société mère, maison mère,"
    " filiale de",
    "parent_id": "parentid, parent account id, parent company id",
}

_PERSON = {
    "first_name": "first name, firstname, given name, prénom",
    "last_name": "last name, lastname, surname, family name, nom de famille",
    "email": "email, e-mail, email address, e-mail address, email work, email_from, courriel,"
    " adresse email, adresse e-mail, mail, work email, email home, email other, contact email",
    "phone": "phone, phone number, telephone, phone work, téléphone, tél, tel, contact phone,"
    " numéro de téléphone, phone home, phone other",
    "mobile": "mobile, mobile phone, mobilephone, mobile phone number, cell, phone mobile,"
    " portable, téléphone portable, gsm",
}

SYNONYMS: dict[Subject, dict[str, str]] = {
    Subject.LEAD: {
        "external_id": "opportunity id, deal id, lead id, record id, external id, id, uuid,"
        " opportunityid, dealid, pipedrive system id, identifiant, numéro, référence, ref,"
        " id opportunité, id affaire, id piste",
        "title": "title, deal name, opportunity name, opportunity, deal title, lead title, deal,"
        " subject, titre, opportunité, affaire, nom de l'opportunité, nom de l'affaire, objet,"
        " piste, nom de la piste",
        "description": "description, deal description, notes, note, comment, comments, message,"
        " remarks, commentaire, commentaires, remarques",
        "stage": "stage, deal stage, stage name, pipeline stage, sales stage, stage pipeline,"
        " opportunity stage, stage_id, lead status, étape, étape de l'affaire, phase,"
        " étape du pipeline, statut de la piste",
        "status": "status, deal status, statut, état, opportunity status",
        "is_won": "iswon, is won, won, gagné, gagnée",
        "is_closed": "isclosed, is closed, closed, clos, fermé",
        "is_deleted": "isdeleted, is deleted, deleted, supprimé",
        "expected_revenue": "amount, deal value, close value, value, deal amount, expected revenue,"
        " opportunity amount, montant, valeur, ca attendu, revenu attendu, revenu espéré,"
        " montant de l'affaire",
        "currency": "currency, currency iso code, currency of value, amount currency, devise,"
        " currency_id, monnaie, deal currency",
        "created_at": "created at, created date, create date, deal created, created time,"
        " creation date, created on, created, date created, opened on, lead created,"
        " person created, date de création, créé le, créée le",
        "stage_entered_at": "last stage change date, last stage change, stage changed on,"
        " date entered current stage, dernier changement d'étape, date_last_stage_update",
        "close_date": "close date, closing date, closed date, date de clôture,"
        " date de fermeture, clôture",
        "expected_close": "expected close date, expected close, expected closing, date_deadline,"
        " expected closing date, forecast date, date de clôture prévue, clôture prévue,"
        " échéance, fermeture prévue",
        "closed_at": "deal closed on, closed on, date closed, date_closed, closed at, clos le",
        "won_at": "won time, won on, won at, won date, gagné le",
        "lost_at": "lost time, lost on, lost at, lost date, perdu le",
        "entered:Engaging": "engage date, engaged on, engaging date",
        "entered:Qualified": "qualified date, qualified on, qualification date,"
        " date de qualification, qualifié le",
        "entered:Proposal": "proposal date, proposal sent on, date de proposition",
        "entered:Negotiation": "negotiation date, date de négociation",
        "pipeline": "pipeline, pipeline name, sales pipeline, pipeline_id",
        "owner": "deal owner, opportunity owner, lead owner, contact owner, owner, sales agent,"
        " salesperson, sales rep, sales representative, assigned to, account executive, user_id,"
        " owner name, commercial, commerciale, propriétaire, vendeur, propriétaire de l'affaire,"
        " chargé d'affaires",
        "owner_email": "owner email, salesperson email, sales agent email,"
        " e-mail du commercial, email du commercial",
        "owner_id": "owner id, ownerid, lead owner id, deal owner id",
        "manager": "manager, sales manager, team leader, responsable, responsable d'équipe",
        "team": "sales team, team, équipe, équipe commerciale, hubspot team, team_id",
        "region": "regional office, region, office, région, agence, sales region",
        "company": "company, account, account name, company name, organization, organisation,"
        " associated company, customer, client, partner_name, société, entreprise, compte,"
        " company account, raison sociale, organization name, nom de la société, partner_id",
        "company_id": "accountid, account id, account name id, organization id, company id,"
        " associated company ids, associated company id",
        "product": "product, product name, produit, nom du produit, article",
        "contact_name": "contact name, contact person, contact, associated contact, person,"
        " person name, full name, lead name, contact_name, nom du contact, interlocuteur",
        "contact_id": "contactid, contact id, contact person id, associated contact ids",
        **_PERSON,
        "tags": "tags, tag, labels, label, tag_ids, étiquettes, étiquette, mots clés",
        "source": "lead source, source, original traffic source, original source, source_id,"
        " utm source, source channel, origine, provenance, record source",
        "medium": "medium, utm medium, medium_id, support",
        "campaign": "campaign, campaign name, utm campaign, campaign_id, campagne",
        "lost_reason": "lost reason, closed lost reason, loss reason, lost_reason_id,"
        " reason lost, motif de perte, raison de perte, motif",
        **{f"company.{name}": words for name, words in _COMPANY.items()},
    },
    Subject.COMPANY: {
        "external_id": "record id, id, account id, accountid, organization id, company id,"
        " pipedrive system id",
        "name": "account, account name, company, company name, organization, organisation, name,"
        " organization name, société, entreprise, compte, raison sociale, nom",
        **_COMPANY,
        "phone": "phone, phone number, telephone, téléphone",
        "tags": "tags, tag, labels, label, étiquettes, étiquette",
        "owner": "account owner, company owner, owner, propriétaire, commercial",
        "owner_id": "ownerid, account owner id, owner id",
    },
    Subject.PRODUCT: {
        "name": "product, product name, name, produit, nom du produit, article, nom",
        "code": "code, product code, sku, code produit, référence",
        "list_price": "sales price, list price, price, unit price, prix, prix de vente,"
        " prix unitaire, prix catalogue, tarif",
    },
    Subject.USER: {
        "external_id": "id, user id, userid, record id",
        "name": "sales agent, salesperson, sales rep, name, full name, owner, agent,"
        " commercial, commerciale, vendeur, propriétaire, nom, assigned to, deal owner,"
        " opportunity owner, lead owner",
        "first_name": "first name, firstname, prénom",
        "last_name": "last name, lastname, nom de famille",
        "email": "email, e-mail, email address, username, courriel, adresse e-mail",
        "manager": "manager, sales manager, team leader, responsable, responsable d'équipe",
        "team": "sales team, team, équipe, équipe commerciale",
        "region": "regional office, region, office, région, agence, sales region",
    },
    Subject.CONTACT: {
        "external_id": "record id, id, contact id, contactid, person id, pipedrive system id",
        "name": "contact, contact name, contact person, name, full name, person, nom complet,"
        " nom du contact, interlocuteur",
        **_PERSON,
        "job_title": "job title, title, position, fonction, poste",
        "tags": "tags, tag, labels, label, étiquettes, étiquette",
        "company": "account name, company name, company, organization, société, entreprise",
        "company_id": "accountid, account id, account name id, organization id, company id",
    },
    Subject.OTHER: {},
}

TYPES: dict[str, Type] = {
    "expected_revenue": Type.MONEY,
    "list_price": Type.MONEY,
    "annual_revenue": Type.MONEY,
    "company.annual_revenue": Type.MONEY,
    "employees": Type.NUMBER,
    "company.employees": Type.NUMBER,
    "is_won": Type.YES_NO,
    "is_closed": Type.YES_NO,
    "is_deleted": Type.YES_NO,
    "tags": Type.NAMES,
    "website": Type.WEBSITE,
    "company.website": Type.WEBSITE,
    **dict.fromkeys(
        (
            "created_at",
            "stage_entered_at",
            "close_date",
            "expected_close",
            "closed_at",
            "won_at",
            "lost_at",
        ),
        Type.MOMENT,
    ),
}

#: Where text is longer than its column, the row is refused. Fields that are not here hold any.
LENGTHS: dict[str, int] = {
    "title": 200,
    "external_id": 100,
    "company": 200,
    "name": 150,
    "product": 150,
    "owner": 150,
    "manager": 150,
    "team": 100,
    "region": 100,
    "stage": 100,
    "lost_reason": 100,
    "contact_name": 150,
    "email": 254,
    "owner_email": 254,
    "phone": 40,
    "mobile": 40,
    "job_title": 120,
    "code": 60,
    "source": 120,
    "medium": 120,
    "campaign": 120,
    "currency": 3,
    "industry": 100,
    "street": 200,
    "postal_code": 20,
    "city": 100,
    "country": 100,
    "website": 200,
    "domain": 253,
    "parent": 200,
    "description": 100_000,
}

_ENTERED = re.compile(r'^date entered "?(?P<stage>.+?)"?(?: \((?P<pipeline>.+)\))?"?$', re.I)


def entered_stage(heading: str) -> str | None:
    """The stage whose date a heading such as `Date entered "Proposal (Sales)"` announces."""
    found = _ENTERED.match(heading.strip())
    if not found or found["stage"].casefold() == "current stage":
        return None
    return found["stage"].strip('"<>')


def type_of(field: str) -> Type:
    """How the cells of a field are read."""
    return Type.MOMENT if field.startswith("entered:") else TYPES.get(field, Type.TEXT)


def length_of(field: str) -> int | None:
    """How many characters a field holds; None for those that are not kept as text."""
    return LENGTHS.get(field.rpartition(".")[2])
