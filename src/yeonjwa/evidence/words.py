"""The glossary: words of kinship, of the system and of the field, in English, Korean and hanja.

One CSV file, ``data/glossary.csv``, sorted by id and read strictly. Report, dossier, documents and web pages take their
words from here. Korean is romanised by the Revised Romanisation (2000); a spelling that the literature uses instead
stands beside it. Names of kin are those of everyday speech unless their register says otherwise.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from yeonjwa.core.errors import InputError
from yeonjwa.core.parameters import near
from yeonjwa.evidence.rows import Faults, Row, check_word, read_rows

FILE: Final = Path(__file__).parent / "data" / "glossary.csv"

#: Area -> heading, in the order in which documents give them.
AREAS: Final = {
    "degree": "Degrees",
    "blood": "Kin by blood",
    "marriage": "Kin by marriage",
    "lines": "Lines and groups of kin",
    "system": "Words of the system",
    "place": "Places",
    "kinship": "Words of kinship studies",
    "demography": "Words of demography",
    "abm": "Words of agent-based models",
    "economics": "Words of economics",
    "model": "Words of the model",
    "evidence": "Words of the evidence",
}
#: Areas whose words are names of kin, with a degree.
KIN: Final = ("degree", "blood", "marriage")
#: In which speech a word is used; nothing for everyday speech and for words known to all.
REGISTERS: Final = ("", "formal", "north")

_COLUMNS: Final = (
    "id", "area", "english", "also", "korean", "romanised", "hanja", "spelling", "register", "chon", "path", "meaning",
)  # fmt: skip
_ID: Final = re.compile(r"[a-z]+(\.[a-z0-9_]+)+")
_HANGUL: Final = re.compile(r"[가-힣]")
_KOREAN: Final = re.compile(r"[가-힣0-9 ]+")
_ROMAN: Final = re.compile(r"[A-Za-z0-9 \-]+")
_HANJA: Final = re.compile(r"[가-힣0-9 \u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")


@dataclass(frozen=True)
class Word:
    """A word with its meaning.

    Attributes
    ----------
    id, area : str
        Id of the word; area as in ``AREAS``.
    english : str
        The English word.
    also : tuple of str
        Other English words and spellings.
    korean, romanised, hanja : str
        Empty where the word is not one of Korean; in hanja what is not Sino-Korean stays Hangul.
    spelling : str
        Another romanisation, established in the literature.
    register : str
        As in ``REGISTERS``.
    chon : int or None
        Degree of kin, for names of kin.
    path : str
        Steps ``U``, ``D``, ``S``, for names of kin.
    meaning : str
        What the word means here; for kin, what sets the word apart from others on the same path.
    """

    id: str
    area: str
    english: str
    also: tuple[str, ...]
    korean: str
    romanised: str
    hanja: str
    spelling: str
    register: str
    chon: int | None
    path: str
    meaning: str

    def __str__(self) -> str:
        """ "first cousin (외사촌, oesachon)"; in the established spelling where there is one."""
        if not self.korean:
            return self.english
        return f"{self.english} ({self.korean}, {self.spelling or self.romanised})"

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for machines."""
        return {**dataclasses.asdict(self), "also": list(self.also)}


@functools.cache
def load(file: Path = FILE) -> tuple[Word, ...]:
    """All words, by id.

    Raises
    ------
    InputError
        A wrong column, id, order, area, register, degree, path or script; several errors are one that lists them.
    """
    faults = Faults()
    rows = read_rows(file, _COLUMNS, faults)
    words = [_word(row, where, faults) for row, where in rows]
    _check_order(rows, faults)
    faults.refuse("glossary")
    return tuple(words)


def glossary(term: str | None = None) -> tuple[Word, ...]:
    """The words that answer to a term, those of kin first by degree; all words without one.

    Parameters
    ----------
    term : str, optional
        English, Korean (Hangul or romanised, in either spelling), hanja, an id, a kinship path such as ``UUDD`` or a
        degree such as ``chon 4``. Plurals and small and capital letters do not matter.

    Raises
    ------
    InputError
        If no word answers; names close ones.
    """
    if term is None:
        return _in_order(load())
    found = find(term)
    if not found:
        known = sorted({key for keys in _keys().values() for key in keys})
        raise InputError("word of the glossary", term, near(_norm(term), known))
    return found


def find(term: str) -> tuple[Word, ...]:
    """The words that answer to a term, none if there is none."""
    path = term.strip()
    if re.fullmatch(r"[UDS]+", path):
        by_path = tuple(word for word in load() if word.path == path)
        if by_path:
            return by_path
    for wanted in dict.fromkeys(_forms(term)):
        found = [word for word in load() if wanted in _keys()[word.id]]
        if found:
            return _in_order(found)
    return ()


def word(id: str) -> Word:
    """The word with an id.

    Raises
    ------
    InputError
        If there is none; names close ones.
    """
    known = {found.id: found for found in load()}
    if id not in known:
        raise InputError("id of the glossary", id, near(id, known))
    return known[id]


def of_area(area: str) -> tuple[Word, ...]:
    """The words of an area, as documents list them.

    Raises
    ------
    InputError
        If there is no such area.
    """
    check_word("area", area, AREAS, "")
    return _in_order(found for found in load() if found.area == area)


def _in_order(words: Iterable[Word]) -> tuple[Word, ...]:
    """By area, kin by degree and by ascending steps before descending ones, others by their English."""
    areas = list(AREAS)

    def place(found: Word) -> tuple[Any, ...]:
        kin = found.area in KIN
        key = (found.register, found.id) if kin else (found.english.lower(), found.id)
        return areas.index(found.area), found.chon or 0, -found.path.count("U"), found.path, *key

    return tuple(sorted(words, key=place))


@functools.cache
def _keys() -> dict[str, frozenset[str]]:
    """Id -> everything the word answers to, normalised."""
    keys = {}
    for found in load():
        texts = [
            found.id, found.english, *found.also, found.korean, found.hanja, found.romanised, found.spelling,
            found.romanised.replace("-", "").replace(" ", ""), found.spelling.replace("-", ""),
        ]  # fmt: skip
        if found.area in KIN:
            texts += [found.meaning]
        keys[found.id] = frozenset(_norm(text) for text in texts if text)
    return keys


def _norm(text: str) -> str:
    text = text.lower().replace("’", "'").replace("-", " ").replace("_", " ")
    return " ".join(text.split()).removeprefix("the ").removeprefix("a ")


def _forms(term: str) -> Iterable[str]:
    """The term as it is, and what it may be the plural of."""
    text = _norm(term)
    yield text
    number = re.fullmatch(r"(?:up to )?(\d+) ?(?:chon|촌)", text)
    if number:
        yield f"chon {number[1]}"
    if text.endswith("ies"):
        yield text[:-3] + "y"
    if text.endswith("es"):
        yield text[:-2]
    if text.endswith("s"):
        yield text[:-1]
    yield {"wives": "wife", "child": "children", "parent": "parents"}.get(text, text)
    yield text.replace(" ", "")


def _word(row: dict[str, str], where: str, faults: Faults) -> Word:
    for check in (
        lambda: check_word("area", row["area"], AREAS, where),
        lambda: check_word("register", row["register"], REGISTERS, where),
    ):
        faults.guard(check, None)
    if not _ID.fullmatch(row["id"]) or row["id"].split(".")[0] != row["area"]:
        faults.add("id", row["id"], "the area, a dot and small words, as in system.songbun", where)
    if not row["english"].strip():
        faults.add("english", row["english"], "a word", where)
    for text in row.values():
        if text != " ".join(text.split()):
            faults.add("text", text, "single spaces, none at the ends", where)
    _check_scripts(row, where, faults)
    kin = row["area"] in KIN
    if kin != bool(row["chon"]) or (row["chon"] and not re.fullmatch(r"\d{1,2}", row["chon"])):
        faults.add("chon", row["chon"], "a degree for names of kin, nothing for other words", where)
    elif row["path"] and (
        not re.fullmatch(r"[UDS]+", row["path"]) or len(row["path"].replace("S", "")) != int(row["chon"] or 0)
    ):
        faults.add("path", row["path"], "letters U, D, S; as many U and D as chon", where)
    if bool(row["path"]) != (row["area"] in ("blood", "marriage")):
        faults.add(
            "path", row["path"], "a path for kin by blood and marriage, nothing for other words", where
        )
    if not kin and not row["meaning"] and not row["korean"]:
        faults.add("meaning", row["meaning"], "a meaning, where there is no Korean word", where)
    return Word(
        also=tuple(part.strip() for part in row["also"].split(";") if part.strip()),
        chon=int(row["chon"]) if row["chon"].isdigit() else None,
        **{name: row[name] for name in _COLUMNS if name not in ("also", "chon")},
    )


def _check_scripts(row: dict[str, str], where: str, faults: Faults) -> None:
    """Korean with its romanisation or neither; hanja as long as the Hangul, and the same where it is Hangul itself."""
    korean, romanised, hanja = row["korean"], row["romanised"], row["hanja"]
    if bool(korean) != bool(romanised):
        faults.add("romanised", romanised, "a romanisation where there is Korean, nothing elsewhere", where)
    if korean and not (_KOREAN.fullmatch(korean) and _HANGUL.search(korean)):
        faults.add("korean", korean, "Hangul syllables", where)
    if romanised and not _ROMAN.fullmatch(romanised):
        faults.add("romanised", romanised, "letters a to z", where)
    same = len(hanja) == len(korean) and all(
        a == b for a, b in zip(korean, hanja, strict=True) if not re.match(r"[\u3400-\u9fff\uf900-\ufaff]", b)
    )
    if hanja and not (_HANJA.fullmatch(hanja) and same):
        faults.add("hanja", hanja, f"a character for each syllable of {korean}", where)


def _check_order(rows: Iterable[Row], faults: Faults) -> None:
    before = ""
    for row, where in rows:
        if row["id"] == before:
            faults.add("id", row["id"], "an id of its own", where)
        elif row["id"] < before:
            faults.add("order", row["id"], f"rows sorted by id; it stands after {before}", where)
        before = row["id"]
