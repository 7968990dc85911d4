"""What a row of the ledger is about: who answers, for which offence, with which sanction, at which rank, with which exit.

``data/tags.csv`` has one row for each claim and for each fact on sanctions, checks and camps, sorted by id, coded by hand
from the text of the ledger. It is read strictly. A tag says what a source speaks of, not whether it is right.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from yeonjwa.core.errors import InputError
from yeonjwa.core.language import noop
from yeonjwa.core.parameters import near
from yeonjwa.evidence import ledger
from yeonjwa.evidence.rows import Faults, read_rows

FILE: Final = Path(__file__).parent / "data" / "tags.csv"

#: What kind of statement a row makes.
SAYS: Final = {
    "order": "a rule or an order",
    "practice": "what was done",
    "check": "a check of relatives",
    "spared": "no sanction, or a lighter one",
    "conduct": "what relatives do about it",
    "condition": "conditions of detention",
    "gap": "what is not known",
    "background": "background",
}
OFFENCES: Final = {
    "flight": noop("leaving the country for good"),
    "crossing": noop("crossing the border and being caught or sent back"),
    "contact": noop("contact or money from outside"),
    "non_reporting": noop("not reporting a flight one knew of"),
    "political": noop("a political offence"),
    "any": noop("any offence, or none named"),
}
#: Offence -> others whose rows are given too, because sources count it among them or do not tell them apart.
WIDER: Final = {
    "flight": ("political", "any"),
    "crossing": ("any",),
    "contact": ("political", "any"),
    "non_reporting": ("any",),
    "political": ("any",),
    "any": tuple(OFFENCES),
}
#: From the heaviest to the lightest.
SANCTIONS: Final = {
    "death": noop("death"),
    "camp": noop("political prison camp"),
    "prison": noop("re-education prison"),
    "labour": noop("months of labour"),
    "custody": noop("custody"),
    "banishment": noop("banishment"),
    "recall": noop("recall from abroad"),
    "dismissal": noop("dismissal"),
    "party_loss": noop("loss of party membership"),
    "demotion": noop("demotion of origin"),
    "bar": noop("bar from posts, party, study or army"),
    "confiscation": noop("property or money taken"),
    "divorce": noop("made to divorce"),
    "surveillance": noop("watched"),
    "unspecified": noop("punishment not specified"),
}
RANKS: Final = {
    "ordinary": noop("ordinary families"),
    "administrator": noop("administrators"),
    "official": noop("officials"),
    "senior": noop("senior officials and officers"),
    "security": noop("security agents"),
    "expatriate": noop("people posted or working abroad"),
    "any": noop("any rank, or none named"),
}
EXITS: Final = {
    "divorce": noop("divorce"),
    "marriage": noop("having married into another house"),
    "forged_record": noop("a record as missing or dead"),
    "bribe": noop("a bribe"),
    "informing": noop("informing"),
    "leniency": noop("an order of leniency"),
    "release": noop("release"),
}
#: Word of the tags -> paths it stands for; the words after it have none of their own.
KIN: Final[dict[str, tuple[str, ...]]] = {
    "spouse": ("S",),
    "parents": ("U",),
    "children": ("D",),
    "siblings": ("UD",),
    "grandparents": ("UU",),
    "grandchildren": ("DD",),
    "aunts_uncles": ("UUD",),
    "nieces_nephews": ("UDD",),
    "first_cousins": ("UUDD",),
    "second_cousins": ("UUUDDD",),
    "third_cousins": ("UUUUDDDD",),
}
#: Words for groups of kin: who belongs to them is said in :meth:`Tag.names`.
GROUPS: Final = {
    "in_laws": noop("kin by marriage other than the spouse"),
    "lineal": noop("ancestors and descendants"),
    "three_generations": noop("three generations"),
    "patrilineal": noop("kin of the father's line"),
    "married_daughters": noop("married-out daughters"),
    "divorced_wives": noop("divorced wives"),
}
#: Words of sources that do not say who.
VAGUE: Final = {"family": noop("the family"), "relatives": noop("relatives")}
_COLUMNS: Final = ("id", "says", "relation", "offence", "sanction", "rank", "exit")
#: The spouse, and parents and children by marriage: no in-laws.
_STEPS: Final = ("S", "US", "SD")
_DEGREE: Final = re.compile(r"chon<=(\d+)(, patrilineal)?")


@dataclass(frozen=True)
class Tag:
    """The tags of one row of the ledger."""

    id: str
    says: str
    relation: tuple[str, ...]
    offence: tuple[str, ...]
    sanction: tuple[str, ...]
    rank: tuple[str, ...]
    exit: tuple[str, ...]

    def names(self, path: str, side: str = "") -> bool:
        """Whether the row names the relatives on a path, by word or by degree.

        Parameters
        ----------
        path : str
            Letters U, D, S.
        side : str
            ``"father"``, ``"mother"`` or nothing: the line, where a row says one.
        """
        blood = "S" not in path
        degree = len(path.replace("S", ""))
        for word in self.relation:
            within = _DEGREE.fullmatch(word)
            if within:
                if blood and degree <= int(within[1]) and not (within[2] and side == "mother"):
                    return True
            elif path in KIN.get(word, ()):
                return True
            elif (
                (word == "in_laws" and not blood and path not in _STEPS)
                or (word == "lineal" and blood and ("U" in path) != ("D" in path))
                or (word == "patrilineal" and blood and side != "mother")
                or (word == "three_generations" and blood and degree <= 2)
            ):
                return True
        return False

    @property
    def vague(self) -> bool:
        """Whether the row speaks of family or relatives without saying which."""
        return any(word in VAGUE for word in self.relation)

    @property
    def lists(self) -> bool:
        """Whether the row names some kin, so that others are not on its list."""
        return any(word in KIN or word in GROUPS or _DEGREE.fullmatch(word) for word in self.relation)


@functools.cache
def load(file: Path = FILE) -> Mapping[str, Tag]:
    """Id -> tags, by id.

    Raises
    ------
    InputError
        With file and line: a wrong column, an id that is unknown, doubled or out of order, a word that is not of the
        vocabulary, a claim without a row; several errors are one that lists them.
    """
    faults = Faults()
    tags: dict[str, Tag] = {}
    before = ""
    for row, where in read_rows(file, _COLUMNS, faults):
        id = row["id"]
        if id not in ledger.entries():
            faults.add("id", id, near(id, ledger.entries()), where)
        elif id <= before:
            faults.add("id", id, f"rows sorted by id, each once; it stands after {before}", where)
        before = max(before, id)
        tags[id] = _tag(row, where, faults)
    for claim in ledger.load_claims():
        if claim.id not in tags:
            faults.add("claim without tags", claim.id, f"a row in {file.name}", claim.where)
    faults.refuse(file.name)
    return tags


def _tag(row: dict[str, str], where: str, faults: Faults) -> Tag:
    if row["says"] not in SAYS:
        faults.add("says", row["says"], ", ".join(SAYS), where)
    cells: dict[str, tuple[str, ...]] = {}
    for column, allowed in (
        ("relation", [*KIN, *GROUPS, *VAGUE, "offender", "none"]), ("offence", OFFENCES),
        ("sanction", SANCTIONS), ("rank", RANKS), ("exit", EXITS),
    ):  # fmt: skip
        words = tuple(part.strip() for part in row[column].split(";") if part.strip())
        for word in words:
            degree = _DEGREE.fullmatch(word) if column == "relation" else None
            if word not in allowed and not (degree and 1 <= int(degree[1]) <= 16):
                also = ", chon<=N" if column == "relation" else ""
                faults.add(column, word, f"{', '.join(allowed)}{also}", where)
        if len(set(words)) < len(words):
            faults.add(column, row[column], "each word once", where)
        cells[column] = words
    if row["says"] not in ("background", "condition") and not (
        cells["relation"] and cells["offence"] and cells["rank"]
    ):
        faults.add(
            "tags", row["id"], "relation, offence and rank, unless it is background or condition", where
        )
    return Tag(id=row["id"], says=row["says"], **cells)


def unknown(what: str, value: str, allowed: Mapping[str, str]) -> InputError:
    """The error for a word of a question that is not of the vocabulary."""
    return InputError(what, value, f"{near(value, allowed)} All: {', '.join(allowed)}")
