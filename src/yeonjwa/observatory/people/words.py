"""Words of the pages on people, in the reader's language: kin, places, posts, whereabouts, events."""

from __future__ import annotations

from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, gettext_lazy, pgettext_lazy

from yeonjwa.evidence.words import word as entry
from yeonjwa.kinship import terms
from yeonjwa.kinship.relation import Relation
from yeonjwa.report.kin_family import Family, Kin
from yeonjwa.report.words import PROVINCES

#: Choices of the search; the first word of each pair is that of the files.
SONGBUN: Final = {
    "core": gettext_lazy("core class"),
    "wavering": gettext_lazy("wavering class"),
    "hostile": gettext_lazy("hostile class"),
}
POSTS: Final = {
    "administrator": gettext_lazy("administrator"),
    "official": gettext_lazy("official"),
    "senior": gettext_lazy("senior official"),
    "security": gettext_lazy("security agent"),
    "expatriate": gettext_lazy("worker or trader abroad"),
}
WHERE: Final = {
    "home": gettext_lazy("at home"),
    "abroad": gettext_lazy("posted abroad"),
    "transit": gettext_lazy("on the way, in China"),
    "settled": gettext_lazy("settled in China"),
    "south": gettext_lazy("in the South"),
    "left": gettext_lazy("left before the recorded months"),
    "camp": gettext_lazy("in a camp"),
    "banished": gettext_lazy("banished"),
    "dead": gettext_lazy("dead"),
    "not_yet_born": gettext_lazy("not yet born"),
}
SEXES: Final = {"f": pgettext_lazy("a person", "woman"), "m": pgettext_lazy("a person", "man")}
SIDES: Final = {
    "own": gettext_lazy("own descendants"),
    "father": gettext_lazy("father’s line"),
    "mother": gettext_lazy("mother’s line"),
    "both": gettext_lazy("both lines"),
    "marriage": gettext_lazy("by marriage"),
}
EVENTS: Final = {
    "birth": gettext_lazy("born"),
    "union": gettext_lazy("married"),
    "widowed": gettext_lazy("the spouse died"),
    "child": gettext_lazy("a child was born"),
    "death": gettext_lazy("died"),
    "admitted": gettext_lazy("admitted to the party"),
    "appointed": gettext_lazy("appointed to a post"),
    "refused": gettext_lazy("refused a post or a card for a relative"),
    "retired": gettext_lazy("retired from the post"),
    "recalled": gettext_lazy("called home from abroad"),
    "attempt": gettext_lazy("set out for the border"),
    "interdicted": gettext_lazy("stopped on the way"),
    "repatriated": gettext_lazy("sent back by China"),
    "returned": gettext_lazy("came back of their own will"),
    "settled": gettext_lazy("settled in China"),
    "arrived": gettext_lazy("arrived in the South"),
    "confirmed": gettext_lazy("the state came to know of the departure"),
    "offence": gettext_lazy("arrested for another political offence"),
    "denounced": gettext_lazy("denounced for demanding money"),
    "camp": gettext_lazy("taken to a camp for a relative"),
    "banishment": gettext_lazy("banished for a relative"),
    "dismissal": gettext_lazy("dismissed"),
    "party_loss": gettext_lazy("lost the party card"),
    "bar": gettext_lazy("barred from university and army"),
    "demotion": gettext_lazy("demoted"),
    "released": gettext_lazy("released from the camp"),
    "camp_death": gettext_lazy("died in the camp"),
    "died_crossing": gettext_lazy("died while crossing"),
    "died_china": gettext_lazy("died in China"),
    "remittance": gettext_lazy("sent money home"),
}
SANCTIONS: Final = {
    "camp": gettext_lazy("camp"),
    "banishment": gettext_lazy("banishment"),
    "dismissal": gettext_lazy("dismissal"),
    "party_loss": gettext_lazy("loss of the party card"),
    "bar": gettext_lazy("bar from university and army"),
    "demotion": gettext_lazy("demotion"),
}
#: Degree -> who stands there.
DEGREES: Final = {
    0: (gettext_lazy("spouse"), "배우자"),
    1: (gettext_lazy("parents, children"), "부모, 자녀"),
    2: (gettext_lazy("grandparents, siblings, grandchildren"), "조부모, 형제자매, 손주"),
    3: (gettext_lazy("uncles, aunts, nephews, nieces"), "삼촌, 고모, 이모, 조카"),
    4: (gettext_lazy("first cousins"), "사촌"),
    5: (gettext_lazy("parents’ first cousins, first cousins’ children"), "오촌, 당숙"),
    6: (gettext_lazy("second cousins"), "육촌"),
    7: (gettext_lazy("parents’ second cousins, second cousins’ children"), "칠촌"),
    8: (gettext_lazy("third cousins"), "팔촌"),
    None: (gettext_lazy("others by marriage"), "인척"),
}


def korean() -> bool:
    """Whether the reader reads Korean."""
    return (get_language() or "en").startswith("ko")


def province(unit: str | None) -> str:
    """Name of a province in the reader's language; in English with the Korean name."""
    if not unit or unit not in PROVINCES:
        return ""
    english, hangul = PROVINCES[unit]
    return hangul if korean() else english


def title(family: Family) -> str:
    """ "Person 4, woman, 38"."""
    if family.age is None:
        return gettext("Person %(id)s, %(sex)s") % {"id": family.id, "sex": SEXES[family.sex]}
    return gettext("Person %(id)s, %(sex)s, %(age)s") % {
        "id": family.id,
        "sex": SEXES[family.sex],
        "age": family.age,
    }


def person(kin: Kin) -> str:
    """ "Person 217, woman, 41"; of the dead that they are."""
    if not kin.alive:
        return gettext("Person %(id)s, %(sex)s, dead") % {"id": kin.id, "sex": SEXES[kin.sex]}
    return gettext("Person %(id)s, %(sex)s, %(age)s") % {
        "id": kin.id,
        "sex": SEXES[kin.sex],
        "age": kin.age,
    }


def degree(number: int) -> str:
    """ "6촌"."""
    return f"{number}촌"


def kind(kin: Kin, ego: str) -> str:
    """What sort of relative, without who is older: "second cousin"."""
    if kin.path == "S":
        return gettext("spouse")
    if kin.side == "marriage":
        return gettext("kin by marriage")
    if korean():
        return terms.degree_word(kin.degree)[0]
    sexes = {"f": 0, "m": 1}
    link = terms.Link(kin.up, kin.down, sexes[ego], sexes[kin.sex], half=kin.half)
    return terms.english(link)


def circle(kin: Kin) -> str:
    """In which circle somebody stands, in words."""
    if kin.camp:
        return gettext("inside the camp circle")
    if kin.banish and not kin.career:
        return gettext("inside the circle of banishment")
    if kin.career:
        return gettext("inside the career circle")
    if not kin.alive:
        return gettext("dead")
    if kin.by:
        return gettext("named by the rule, but out of its reach")
    return gettext("outside both circles")


def spoken(kin: Kin, ego: str) -> str:
    """What a sign of the drawing says aloud."""
    side = SIDES.get(kin.side, "") if kin.side in ("father", "mother", "both") else ""
    pieces = [person(kin), degree(kin.degree), kind(kin, ego), side, circle(kin)]
    return ", ".join(str(piece) for piece in pieces if piece)


def called(relation: Relation) -> str:
    """What the relative is in the reader's language."""
    return relation.term_ko if korean() else relation.term_en


def steps(path: str) -> str:
    """A path in words: "up 3, down 3"."""
    up, down = path.count("U"), path.count("D")
    parts = []
    if up:
        parts.append(gettext("up %(steps)s") % {"steps": up})
    if down:
        parts.append(gettext("down %(steps)s") % {"steps": down})
    if "S" in path:
        parts.append(gettext("by marriage"))
    return ", ".join(parts)


def of(table: dict[str, Any], name: str | None) -> str | Promise:
    """A word of a table; the name itself if the table has none."""
    if name is None:
        return ""
    return table.get(name, name.replace("_", " "))


def glossary(id: str) -> str:
    """A word of the glossary in the reader's language."""
    found = entry(id)
    return found.korean if korean() and found.korean else found.english
