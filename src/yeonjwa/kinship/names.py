"""Names of kin types that circles are written with, and their paths."""

from __future__ import annotations

from typing import Final

from yeonjwa.kinship.paths import Term

#: Named kin: name -> (path, sexes) pairs; sexes of ego and of each person reached in turn, * for either.
_NAMED: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "parents": (("U", "**"),),
    "mother": (("U", "*f"),),
    "father": (("U", "*m"),),
    "spouse": (("S", "**"),),
    "wife": (("S", "*f"),),
    "husband": (("S", "*m"),),
    "children": (("D", "**"),),
    "daughters": (("D", "*f"),),
    "sons": (("D", "*m"),),
    "siblings": (("UD", "***"),),
    "sisters": (("UD", "**f"),),
    "brothers": (("UD", "**m"),),
    "grandparents": (("UU", "***"),),
    "grandmothers": (("UU", "**f"),),
    "grandfathers": (("UU", "**m"),),
    "maternal_grandmother": (("UU", "*ff"),),
    "maternal_grandfather": (("UU", "*fm"),),
    "paternal_grandmother": (("UU", "*mf"),),
    "paternal_grandfather": (("UU", "*mm"),),
    "grandchildren": (("DD", "***"),),
    "granddaughters": (("DD", "**f"),),
    "grandsons": (("DD", "**m"),),
    "great_grandparents": (("UUU", "****"),),
    "great_grandmothers": (("UUU", "***f"),),
    "great_grandfathers": (("UUU", "***m"),),
    "great_grandchildren": (("DDD", "****"),),
    "great_granddaughters": (("DDD", "***f"),),
    "great_grandsons": (("DDD", "***m"),),
    "great_great_grandparents": (("UUUU", "*****"),),
    "great_great_grandchildren": (("DDDD", "*****"),),
    "aunts_uncles": (("UUD", "****"),),
    "aunts": (("UUD", "***f"),),
    "uncles": (("UUD", "***m"),),
    "nieces_nephews": (("UDD", "****"),),
    "nieces": (("UDD", "***f"),),
    "nephews": (("UDD", "***m"),),
    "great_aunts_uncles": (("UUUD", "*****"),),
    "great_nieces_nephews": (("UDDD", "*****"),),
    "first_cousins": (("UUDD", "*****"),),
    "first_cousins_once_removed": (("UUUDD", "******"), ("UUDDD", "******")),
    "second_cousins": (("UUUDDD", "*" * 7),),
    "third_cousins": (("UUUUDDDD", "*" * 9),),
    "fourth_cousins": (("U" * 5 + "D" * 5, "*" * 11),),
    "parents_in_law": (("SU", "***"),),
    "mother_in_law": (("SU", "**f"),),
    "father_in_law": (("SU", "**m"),),
    "children_in_law": (("DS", "***"),),
    "daughters_in_law": (("DS", "**f"),),
    "sons_in_law": (("DS", "**m"),),
    "siblings_in_law": (("SUD", "****"), ("UDS", "****")),
    "sisters_in_law": (("SUD", "***f"), ("UDS", "***f")),
    "brothers_in_law": (("SUD", "***m"), ("UDS", "***m")),
    "aunts_uncles_in_law": (("UUDS", "*****"),),
    "grandchildren_in_law": (("DDS", "****"),),
    "grandparents_in_law": (("SUU", "****"),),
    "parents_of_children_in_law": (("DSU", "****"),),
}

#: Other spellings.
ALIASES: Final[dict[str, str]] = {
    "parent": "parents",
    "spouses": "spouse",
    "child": "children",
    "daughter": "daughters",
    "son": "sons",
    "sibling": "siblings",
    "sister": "sisters",
    "brother": "brothers",
    "grandparent": "grandparents",
    "grandchild": "grandchildren",
    "cousins": "first_cousins",
    "uncles_aunts": "aunts_uncles",
    "nephews_nieces": "nieces_nephews",
}

#: Named kin: name -> terms.
NAMED: Final[dict[str, frozenset[Term]]] = {
    name: frozenset(Term(path, sexes) for path, sexes in pairs) for name, pairs in _NAMED.items()
}

#: Name of a path without conditions, for descriptions.
NAME_OF_PATH: Final[dict[str, str]] = {
    pairs[0][0]: name
    for name, pairs in reversed(_NAMED.items())
    if len(pairs) == 1 and set(pairs[0][1]) == {"*"}
}
