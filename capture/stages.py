"""What a file calls the stages and outcomes of a sale, found among the stages of a pipeline."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from capture.synonyms import heading_key
from core.folding import fold


class Status(StrEnum):
    """How a lead stands; the values are those of Lead.status."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


#: What other programs, in English and French, call the steps of a sale of ours.
_WORDS = {
    "new": "new, nouveau, nouvelle, prospecting, prospection, prospect, lead, open, open lead,"
    " untouched, not contacted, open not contacted, contacted, contact made, working,"
    " working contacted, attempted to contact, attempted, contact in future, in progress,"
    " connected, nurturing, incoming, inbox, à contacter, contacté, suspect, piste, to contact,"
    " first contact, premier contact, appel entrant",
    "qualified": "qualified, qualifié, qualifiée, qualification, engaging, engaged, engagement,"
    " discovery, découverte, needs analysis, analyse des besoins, appointment scheduled,"
    " qualified to buy, pre qualified, open deal, demo scheduled, meeting scheduled,"
    " closed converted, closed converted lead, converted, rendez-vous pris, besoin confirmé,"
    " sales qualified, mql, sql, opportunity identified, evaluation",
    "proposal": "proposal, proposition, proposal price quote, price quote, quote, quoted,"
    " quote sent, proposal made, proposal sent, value proposition, presentation scheduled,"
    " presentation, proposal quote, id decision makers, identify decision makers,"
    " perception analysis, devis, devis envoyé, proposition envoyée, proposition commerciale,"
    " offre, offre envoyée, offer, proposition de valeur",
    "negotiation": "negotiation, négociation, negotiation review, negotiations started,"
    " negotiating, in negotiation, en négociation, decision maker bought in, contract sent,"
    " contract, commit, verbal commitment, closing, contrat envoyé, en signature",
    "won": "won, closed won, win, gagné, gagnée, signed, signé, customer, closed and won,"
    " fermé gagné, clos gagné, clôturé gagné, conclue gagnée, vente conclue",
    "lost": "lost, closed lost, perdu, perdue, closed lost to competition, loss, lost lead,"
    " unqualified, not qualified, disqualified, junk lead, junk, bad timing, dead, abandoned,"
    " closed not converted, fermé perdu, clos perdu, clôturé perdu, conclue perdue, sans suite,"
    " non qualifié",
}
_GROUP = {heading_key(word): group for group, words in _WORDS.items() for word in words.split(",")}
_STATUS = {
    heading_key(word): status
    for status, words in (
        (Status.OPEN, "open, ouvert, ouverte, en cours, in progress, active, actif, pending"),
        (Status.WON, _WORDS["won"]),
        (Status.LOST, _WORDS["lost"]),
    )
    for word in words.split(",")
}
_IN_BRACKETS = re.compile(r"\s*\([^()]*\)\s*$")


def status_of(word: str) -> Status | None:
    """The status that a word of a status column means."""
    return _STATUS.get(heading_key(word))


@dataclass(frozen=True, slots=True)
class KnownStage:
    """A stage of a pipeline, as far as finding it needs."""

    id: int
    name: str
    is_won: bool


class StageBook:
    """The stages of one pipeline in their order, found by what a file calls them."""

    def __init__(self, stages: Sequence[KnownStage]) -> None:
        self.stages = list(stages)
        self._found: dict[str, KnownStage | Status | None] = {}

    @property
    def first(self) -> KnownStage:
        """Where leads begin."""
        return next((stage for stage in self.stages if not stage.is_won), self.stages[0])

    @property
    def won(self) -> KnownStage | None:
        """Where won leads stand, unless the file names another."""
        return next((stage for stage in self.stages if stage.is_won), None)

    def add(self, stage: KnownStage) -> None:
        """Learn a stage that was just made, before the won ones."""
        place = next((p for p, known in enumerate(self.stages) if known.is_won), len(self.stages))
        self.stages.insert(place, stage)
        self._found.clear()

    def find(self, name: str) -> KnownStage | Status | None:
        """The stage of that name or of a synonym; Status.LOST for a word for lost; else None."""
        if name not in self._found:
            self._found[name] = self._search(name)
        return self._found[name]

    def _search(self, name: str) -> KnownStage | Status | None:
        for text in dict.fromkeys((name, _IN_BRACKETS.sub("", name))):
            key = fold(text)
            for stage in self.stages:
                if fold(stage.name) == key:
                    return stage
            group = _GROUP.get(heading_key(text))
            if group == "lost":
                return Status.LOST
            if group == "won" and self.won is not None:
                return self.won
            for stage in self.stages:
                if group and _GROUP.get(heading_key(stage.name)) == group:
                    return stage
        return None
