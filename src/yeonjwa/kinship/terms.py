"""What kin are called: English terms, everyday standard Korean ones, and their romanisation.

Korean terms follow the everyday standard language of the South (National Institute of Korean Language, *Standard
Language Etiquette*, 2011), which the North shares for the kin named here. Where speech has no word of its own, the
degree is said: 칠촌 아저씨, "uncle of seven chon". Romanised by the Revised Romanisation (2000).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_F: Final = 0


@dataclass(frozen=True)
class Link:
    """What the choice of a term depends on.

    Attributes
    ----------
    up, down : int
        Steps up and down.
    ego, kin : int
        Sexes of ego and of the relative (0 female, 1 male).
    side : int
        0 own, 1 father's, 2 mother's, 3 both.
    older : bool
        Whether the relative (for an uncle: the uncle, against the parent) was born first.
    first : int
        Sex of the first person on the way (ego's parent, or ego's child).
    second : int
        Sex of the next person up (ego's grandparent), as far as the path goes.
    apex : int
        Sex of the child of the common ancestors on the relative's side (ego's uncle or aunt, for a cousin).
    half : bool
        Whether only one ancestor is common.
    """

    up: int
    down: int
    ego: int
    kin: int
    side: int = 0
    older: bool = False
    first: int = 1
    second: int = 1
    apex: int = 1
    half: bool = False


Korean = tuple[str, str]

_DEGREE: Final[dict[int, Korean]] = {
    1: ("일촌", "ilchon"),
    2: ("이촌", "ichon"),
    3: ("삼촌", "samchon"),
    4: ("사촌", "sachon"),
    5: ("오촌", "ochon"),
    6: ("육촌", "yukchon"),
    7: ("칠촌", "chilchon"),
    8: ("팔촌", "palchon"),
    9: ("구촌", "guchon"),
    10: ("십촌", "sipchon"),
}
_ORDINAL: Final = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
_TIMES: Final = ("", "once", "twice", "three times", "four times", "five times", "six times", "seven times")


def degree_word(degree: int) -> Korean:
    """A degree in words: 사촌, sachon."""
    return _DEGREE.get(degree, (f"{degree}촌", f"{degree}-chon"))


def english(link: Link) -> str:
    """English term of kin by blood."""
    up, down, female = link.up, link.down, link.kin == _F
    half = "half-" if link.half else ""
    if up == 0 or down == 0:
        return _lineal_english(up or down, up == 0, female)
    if up == 1 and down == 1:
        return half + ("sister" if female else "brother")
    if down == 1:
        return half + "great-" * (up - 2) + ("aunt" if female else "uncle")
    if up == 1:
        return half + "great-" * (down - 2) + ("niece" if female else "nephew")
    degree, removed = min(up, down) - 1, abs(up - down)
    ordinal = _ORDINAL[degree] if degree < len(_ORDINAL) else f"{degree}th"
    times = _TIMES[removed] if removed < len(_TIMES) else f"{removed} times"
    direction = " up" if up > down else " down"
    return f"{half}{ordinal} cousin" + (f" {times} removed{direction}" if removed else "")


def _lineal_english(steps: int, down: bool, female: bool) -> str:
    word = ("daughter" if female else "son") if down else ("mother" if female else "father")
    return word if steps == 1 else "great-" * (steps - 2) + "grand" + word


def korean(link: Link) -> Korean:
    """Korean term of kin by blood, with its romanisation."""
    up, down = link.up, link.down
    if down == 0:
        return _ancestor(link)
    if up == 0:
        return _descendant(link)
    if up == 1 and down == 1:
        return _sibling(link)
    if (up, down) == (2, 1):
        return _uncle(link)
    if (up, down) == (2, 2):
        return _cousin(link)
    if (up, down) == (3, 1):
        return _great_uncle(link)
    if up == 1:
        return _nephew(link)
    return _farther(link)


def _ancestor(link: Link) -> Korean:
    female = link.kin == _F
    if link.up == 1:
        return ("어머니", "eomeoni") if female else ("아버지", "abeoji")
    word = ("할머니", "halmeoni") if female else ("할아버지", "harabeoji")
    generation = {2: ("", ""), 3: ("증조", "jeungjo"), 4: ("고조", "gojo")}.get(
        link.up, (f"{link.up}대조 ", f"{link.up}-daejo ")
    )
    mothers = ("외", "oe") if link.side == 2 else ("", "")
    space = " " if link.up in (3, 4) else ""
    return mothers[0] + generation[0] + word[0], mothers[1] + generation[1] + space + word[1]


def _descendant(link: Link) -> Korean:
    female = link.kin == _F
    if link.down == 1:
        return ("딸", "ttal") if female else ("아들", "adeul")
    mothers = ("외", "oe") if link.first == _F else ("", "")
    generation = {2: ("", ""), 3: ("증", "jeung"), 4: ("현", "hyeon")}.get(link.down)
    if generation is None:
        word = ("손녀", "sonnyeo") if female else ("손자", "sonja")
        return f"{link.down}대 {word[0]}", f"{link.down}-dae {word[1]}"
    word = ("손녀", "sonnyeo") if female else ("손자", "sonja")
    return mothers[0] + generation[0] + word[0], mothers[1] + generation[1] + word[1]


def _sibling(link: Link) -> Korean:
    half = {1: ("이복 ", "ibok "), 2: ("이부 ", "ibu ")}.get(link.side, ("", "")) if link.half else ("", "")
    if not link.older:
        word = ("여동생", "yeodongsaeng") if link.kin == _F else ("남동생", "namdongsaeng")
    elif link.kin == _F:
        word = ("언니", "eonni") if link.ego == _F else ("누나", "nuna")
    else:
        word = ("오빠", "oppa") if link.ego == _F else ("형", "hyeong")
    return half[0] + word[0], half[1] + word[1]


def _uncle(link: Link) -> Korean:
    if link.first == _F:
        return ("이모", "imo") if link.kin == _F else ("외삼촌", "oesamchon")
    if link.kin == _F:
        return "고모", "gomo"
    return ("큰아버지", "keunabeoji") if link.older else ("작은아버지", "jageunabeoji")


def _cousin(link: Link) -> Korean:
    if link.first == _F:
        return ("이종사촌", "ijong-sachon") if link.apex == _F else ("외사촌", "oesachon")
    return ("고종사촌", "gojong-sachon") if link.apex == _F else ("사촌", "sachon")


def _great_uncle(link: Link) -> Korean:
    mothers = ("외", "oe") if link.first == _F else ("", "")
    if link.kin == _F:
        word = ("이모할머니", "imo-halmeoni") if link.second == _F else ("고모할머니", "gomo-halmeoni")
        return mothers[0] + word[0], mothers[1] + word[1]
    if link.second == _F and link.first != _F:
        return "진외종조할아버지", "jinoejongjo harabeoji"
    return mothers[0] + "종조할아버지", mothers[1] + "jongjo harabeoji"


def _nephew(link: Link) -> Korean:
    female = link.kin == _F
    if link.down == 2:
        return ("조카딸", "jokattal") if female else ("조카", "joka")
    if link.down == 3:
        return ("조카손녀", "joka-sonnyeo") if female else ("조카손자", "joka-sonja")
    return _farther(link)


def _farther(link: Link) -> Korean:
    """The degree, the mother's side if it is hers, and what the generations between call for."""
    word, roman = degree_word(link.up + link.down)
    if link.side == 2:
        word, roman = "외" + word, "oe" + roman
    older, female = link.up - link.down, link.kin == _F
    if older == 0:
        return word, roman
    if older == 1:
        tail = ("아주머니", "ajumeoni") if female else ("아저씨", "ajeossi")
    elif older == -1:
        tail = ("조카딸", "jokattal") if female else ("조카", "joka")
    elif older > 1:
        tail = ("할머니", "halmeoni") if female else ("할아버지", "harabeoji")
    else:
        tail = ("손녀", "sonnyeo") if female else ("손자", "sonja")
    return f"{word} {tail[0]}", f"{roman} {tail[1]}"


@dataclass(frozen=True)
class Marriage:
    """What a term by marriage depends on: the path, sexes of ego, of the person in between and of the relative.

    ``older`` says whether the sibling in question was born before the one he is a sibling of.
    """

    path: str
    ego: int
    between: int
    kin: int
    older: bool = False


#: (path, sex of ego or -1, sex of the person in between or -1, sex of the relative or -1, older or None) -> terms.
_BY_MARRIAGE: Final[tuple[tuple[tuple[str, int, int, int, bool | None], tuple[str, str, str]], ...]] = (
    (("S", -1, -1, 0, None), ("wife", "아내", "anae")),
    (("S", -1, -1, 1, None), ("husband", "남편", "nampyeon")),
    (("SU", 0, -1, 0, None), ("mother-in-law", "시어머니", "sieomeoni")),
    (("SU", 0, -1, 1, None), ("father-in-law", "시아버지", "siabeoji")),
    (("SU", 1, -1, 0, None), ("mother-in-law", "장모", "jangmo")),
    (("SU", 1, -1, 1, None), ("father-in-law", "장인", "jangin")),
    (("DS", -1, -1, 0, None), ("daughter-in-law", "며느리", "myeoneuri")),
    (("DS", -1, -1, 1, None), ("son-in-law", "사위", "sawi")),
    (("US", -1, -1, 0, None), ("stepmother", "새어머니", "saeeomeoni")),
    (("US", -1, -1, 1, None), ("stepfather", "새아버지", "saeabeoji")),
    (("SD", -1, -1, 0, None), ("stepdaughter", "의붓딸", "uibutttal")),
    (("SD", -1, -1, 1, None), ("stepson", "의붓아들", "uibudadeul")),
    (("SUD", 0, -1, 1, True), ("brother-in-law", "시아주버니", "siajubeoni")),
    (("SUD", 0, -1, 1, False), ("brother-in-law", "시동생", "sidongsaeng")),
    (("SUD", 0, -1, 0, None), ("sister-in-law", "시누이", "sinui")),
    (("SUD", 1, -1, 1, None), ("brother-in-law", "처남", "cheonam")),
    (("SUD", 1, -1, 0, True), ("sister-in-law", "처형", "cheohyeong")),
    (("SUD", 1, -1, 0, False), ("sister-in-law", "처제", "cheoje")),
    (("UDS", 1, 1, 0, True), ("sister-in-law", "형수", "hyeongsu")),
    (("UDS", 1, 1, 0, False), ("sister-in-law", "제수", "jesu")),
    (("UDS", 0, 1, 0, None), ("sister-in-law", "올케", "olke")),
    (("UDS", 1, 0, 1, True), ("brother-in-law", "매형", "maehyeong")),
    (("UDS", 1, 0, 1, False), ("brother-in-law", "매제", "maeje")),
    (("UDS", 0, 0, 1, True), ("brother-in-law", "형부", "hyeongbu")),
    (("UDS", 0, 0, 1, False), ("brother-in-law", "제부", "jebu")),
    (("SUDS", -1, -1, 0, None), ("wife of a sibling-in-law", "동서", "dongseo")),
    (("SUDS", -1, -1, 1, None), ("husband of a sibling-in-law", "동서", "dongseo")),
    (("DSU", -1, -1, 0, None), ("mother of a child-in-law", "사돈", "sadon")),
    (("DSU", -1, -1, 1, None), ("father of a child-in-law", "사돈", "sadon")),
    (("DDS", -1, -1, 0, None), ("wife of a grandson", "손자며느리", "sonja-myeoneuri")),
    (("DDS", -1, -1, 1, None), ("husband of a granddaughter", "손녀사위", "sonnyeo-sawi")),
    (("UDDS", -1, -1, 0, None), ("wife of a nephew", "조카며느리", "joka-myeoneuri")),
    (("UDDS", -1, -1, 1, None), ("husband of a niece", "조카사위", "joka-sawi")),
    (("SUDD", 0, -1, -1, None), ("child of a sibling-in-law", "시조카", "sijoka")),
    (("SUDD", 1, -1, -1, None), ("child of a sibling-in-law", "처조카", "cheojoka")),
    (("SUU", 0, -1, 0, None), ("spouse's grandmother", "시할머니", "sihalmeoni")),
    (("SUU", 0, -1, 1, None), ("spouse's grandfather", "시할아버지", "siharabeoji")),
    (("SUU", 1, -1, 0, None), ("spouse's grandmother", "처할머니", "cheohalmeoni")),
    (("SUU", 1, -1, 1, None), ("spouse's grandfather", "처할아버지", "cheoharabeoji")),
)

#: Spouse of an uncle or aunt, by the Korean word for the uncle or aunt.
_UNCLES_SPOUSE: Final[dict[str, tuple[str, str, str]]] = {
    "큰아버지": ("aunt by marriage", "큰어머니", "keuneomeoni"),
    "작은아버지": ("aunt by marriage", "작은어머니", "jageuneomeoni"),
    "외삼촌": ("aunt by marriage", "외숙모", "oesungmo"),
    "고모": ("uncle by marriage", "고모부", "gomobu"),
    "이모": ("uncle by marriage", "이모부", "imobu"),
}


def by_marriage(link: Marriage) -> tuple[str, str, str] | None:
    """Term by marriage (English, Korean, romanised), None if speech has no word of its own."""
    for (path, ego, between, kin, older), words in _BY_MARRIAGE:
        fits = path == link.path and ego in (-1, link.ego) and between in (-1, link.between)
        if fits and kin in (-1, link.kin) and older in (None, link.older):
            return words
    return None


def spouse_of(words: tuple[str, str, str], kin: int) -> tuple[str, str, str]:
    """Term of the spouse of a relative who is himself called ``words``; ``kin`` is the sex of the spouse."""
    known = _UNCLES_SPOUSE.get(words[1])
    if known is not None:
        return known
    spouse = ("wife", "아내", "anae") if kin == _F else ("husband", "남편", "nampyeon")
    return f"{words[0]}'s {spouse[0]}", f"{words[1]}의 {spouse[1]}", f"{words[2]}-ui {spouse[2]}"


def of_spouse(words: tuple[str, str, str], ego: int) -> tuple[str, str, str]:
    """Term of a relative of ego's spouse whom the spouse calls ``words``; ``ego`` is the sex of ego."""
    spouse = ("husband", "남편", "nampyeon") if ego == _F else ("wife", "아내", "anae")
    return f"{spouse[0]}'s {words[0]}", f"{spouse[1]}의 {words[1]}", f"{spouse[2]}-ui {words[2]}"
