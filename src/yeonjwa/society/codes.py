"""Code tables: what the small integers in the state stand for.

Each table is a tuple of names; the code of a name is its position.
"""

from __future__ import annotations

from typing import Final

WHEREABOUTS: Final = (
    "not_yet_born",
    "home",
    "abroad",
    "transit",
    "settled",
    "south",
    "camp",
    "banished",
    "dead",
    "unborn",
)
NOT_YET_BORN, HOME, ABROAD, TRANSIT, SETTLED, SOUTH, CAMP, BANISHED, DEAD, UNBORN = range(10)

POSTS: Final = ("administrator", "official", "senior", "security", "expatriate")
#: Codes of posts in the state: 0 is no post, post i of POSTS is i + 1. Ranks use the same codes.
RANKS: Final = ("ordinary", *POSTS)
NO_POST, ADMINISTRATOR, OFFICIAL, SENIOR, SECURITY, EXPATRIATE = range(6)
#: Classes of household income: the ranks and the banished.
CLASSES: Final = (*RANKS, "banished")
BANISHED_CLASS: Final = 6

SONGBUN: Final = ("core", "wavering", "hostile")
CORE, WAVERING, HOSTILE = range(3)

#: What the files say of somebody who has left.
RECORDS: Final = ("none", "absent", "recorded_missing", "confirmed")
NO_RECORD, ABSENT, RECORDED_MISSING, CONFIRMED = range(4)

UNITS: Final = ("none", "single", "mother_children", "household")
NO_PLAN, SINGLE, MOTHER_CHILDREN, WHOLE_HOUSEHOLD = range(4)

#: What became of a union of the pedigree: ahead, did not take place, took place, ended by divorce.
AHEAD, NOT_FORMED, FORMED, DIVORCED = -1, 0, 1, 2
#: Labour regimes of the camps; the last is the zone from which people were released.
LABOUR: Final = ("mining", "logging", "farm", "zone")
SIGNAL_KINDS: Final = ("hint", "threat")
#: Why a tie that was paid before is not paid in a month.
CAUSES: Final = ("unseen", "illiquid", "budget", "not_worth_it")
#: Ways out of liability.
EXITS: Final = ("forged", "bribe", "divorce", "denounce")

GRADES: Final = ("camp", "banishment", "dismissal", "party_loss", "bar", "demotion")
#: Grades of a career sanction, in the order in which one is drawn.
CAREER_GRADES: Final = GRADES[1:]

SEXES: Final = ("female", "male")
AGE_GROUPS: Final = ("15-19", "20-29", "30-39", "40-49", "50-59", "60-69")
#: Group of each age from 15 to 69.
AGE_GROUP_OF: Final = tuple(0 if age < 20 else age // 10 - 1 for age in range(15, 70))

KIN: Final = (
    "spouse",
    "children",
    "parents",
    "siblings",
    "grandchildren",
    "grandparents",
    "aunts_uncles",
    "nieces_nephews",
    "first_cousins",
    "other",
)
#: Kin named by (steps up, steps down); whatever is not listed is "other".
KIN_BY_STEPS: Final = {
    (0, 1): "children",
    (1, 0): "parents",
    (1, 1): "siblings",
    (0, 2): "grandchildren",
    (2, 0): "grandparents",
    (2, 1): "aunts_uncles",
    (1, 2): "nieces_nephews",
    (2, 2): "first_cousins",
}

PROVINCES: Final = (
    "pyongyang",
    "s_pyongan",
    "n_pyongan",
    "chagang",
    "s_hwanghae",
    "n_hwanghae",
    "kangwon",
    "s_hamgyong",
    "n_hamgyong",
    "ryanggang",
)
DEGREES: Final = tuple(str(d) for d in range(1, 9))
MOTIVES: Final = ("altruism", "liability", "hint", "threat", "remittance", "fee")

#: Bits of ``stain``.
STAIN_LEAVER, STAIN_CAMP = 1, 2
