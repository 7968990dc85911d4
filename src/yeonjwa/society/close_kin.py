"""Close kin outside the household, summed for every household at once.

Kin within 2 chon of somebody are parents, children, full and half siblings, grandparents and grandchildren. What is summed over
those of them who live under another roof is the relatedness,

    0.5 * (parents + full siblings + children) + 0.25 * (half siblings + grandparents + grandchildren).

None of them has to be listed: counts of the parents, children and grandchildren of each union who are here give the whole,
from which those who live under the same roof are taken away again. The three counts of a union stand in one integer. Of the
reference adult of a household four numbers are kept, ``self, mother, father`` and the month of birth with the sum so far: all
that tells how a member is related is in one place in memory. Persons are taken some at a time, so that what all of them need can
be asked for at once. Every term is a multiple of 0.25, so that sums are exact. Sums are over persons unless somebody is kin in
two ways within 2 chon, which the avoidance of kin as spouses rules out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.memory import count_ones, prefetch
from yeonjwa.core.parallel import each, over_rows
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.society.rows import some_at_a_time, spread_bits
from yeonjwa.society.state import People, Tree

Float = NDArray[np.float64]

#: Two generations are at least so far apart: a pair closer in age needs no look at grandparents.
_TWO_GENERATIONS = 24 * 12
#: Persons who are looked at together: what is asked for them all stays in the nearest caches.
_TOGETHER = 128
#: Unions whose beginnings are looked at together.
_STEP = 1 << 16
#: The counts of a union in one integer: children in the lowest eight bits, then parents, then grandchildren.
_EIGHT, _PARENTS, _GRAND = 255, 8, 16
_ONE, _WORD = np.uint64(1), np.uint64(64)
#: What is kept of an adult last: the month of birth in the lowest sixteen bits, the sum above them.
_BORN, _SUM = 0xFFFF, 16


@numba.njit(cache=True, nogil=True)
def _reference_adults(
    blocks: np.ndarray,
    block: int,
    latest: int,
    birth: np.ndarray,
    house: np.ndarray,
    taken: np.ndarray,
    others: np.ndarray,
    out: np.ndarray,
) -> int:
    """The person of lowest id born by ``latest`` in each household, in order of id; returns how many there are.

    ``taken`` marks households; of ``others``, a bit a person, theirs are taken away. Rows are written and then kept or not.
    """
    n, day = 0, np.int16(latest)
    keep, some = np.empty(block, np.bool_), np.empty(block + 1, np.int32)
    for b in range(blocks.size):
        low, high = blocks[b], min(blocks[b] + block, house.size)
        born, home, found = birth[low:high], house[low:high], 0
        for i in range(high - low):
            keep[i] = (home[i] >= 0) & (born[i] <= day)
        for i in range(high - low):
            some[found] = i
            found += int(keep[i])
        for i in range(found):
            h = home[some[i]]
            new = 1 - taken[h]
            taken[h] = 1
            out[n] = low + some[i]
            n += int(new)
    for i in range(n):
        others[out[i] >> 3] &= ~(np.uint8(1) << np.uint8(out[i] & 7))
    return n


@numba.njit(cache=True, nogil=True)
def _count_here(
    first: int, last: int, above: np.ndarray, below: np.ndarray, here: np.ndarray, known: np.ndarray
) -> None:
    """How many children and parents of the unions first to last - 1 are here."""
    words = here[: here.size // 8 * 8].view(np.uint64)
    for u in range(first, last):
        low, high = np.int64(below[2 * u]), np.int64(below[2 * u + 2])
        count = np.int64(0)
        if high - low <= 32 and (low >> 6) + 1 < words.size:
            # Children have ids in a row: two words hold the bits of them all.
            at, off = low >> 6, np.uint64(low & 63)
            bits = (words[at] >> off) | ((words[at + 1] << _ONE) << (_WORD - _ONE - off))
            count = np.int64(count_ones(bits & ((_ONE << np.uint64(high - low)) - _ONE)))
        else:
            for c in range(low, high):
                count += (here[c >> 3] >> (c & 7)) & 1
        for k in range(4 * u, 4 * u + 2):
            q = max(above[k], 0)
            count += ((here[q >> 3] >> (q & 7)) & np.int64(above[k] >= 0)) << _PARENTS
        known[u] = count


@numba.njit(cache=True, nogil=True)
def _count_grandchildren(above: np.ndarray, begun: int, known: np.ndarray) -> None:
    """How many grandchildren of each union are here."""
    for u in range(begun):
        children = known[u] & _EIGHT
        if children > 0:
            for k in range(4 * u + 2, 4 * u + 4):
                v = (above[k] >> 1) - 1
                if v >= 0:
                    known[v] += children << _GRAND


@numba.njit(cache=True, nogil=True)
def _all_kin(
    first: int,
    last: int,
    adults: np.ndarray,
    birth: np.ndarray,
    birth_union: np.ndarray,
    union_offset: np.ndarray,
    union_list: np.ndarray,
    above: np.ndarray,
    here: np.ndarray,
    known: np.ndarray,
    house: np.ndarray,
    reference: np.ndarray,
) -> None:
    """What is kept of the adults first to last - 1, and four times the relatedness summed over all their kin within 2 chon."""
    for low in range(first, last, _TOGETHER):
        some = adults[low : min(low + _TOGETHER, last)]
        for n in range(some.size):
            p = some[n]
            prefetch(above, 4 * birth_union[p])
            prefetch(union_list, union_offset[p])
            prefetch(reference, 4 * house[p])
        for n in range(some.size):
            p = some[n]
            u = birth_union[p]
            for i in range(union_offset[p], union_offset[p + 1]):
                prefetch(known, union_list[i])
            if u >= 0:
                prefetch(known, u)
                for k in range(4 * u, 4 * u + 2):
                    prefetch(known, (above[k + 2] >> 1) - 1)
                    if above[k + 2] & 1:
                        prefetch(union_offset, above[k])
        for n in range(some.size):
            u = birth_union[some[n]]
            for k in range(4 * u, 4 * u + 2 if u >= 0 else 0):
                if above[k + 2] & 1:
                    prefetch(union_list, union_offset[above[k]])
        for n in range(some.size):
            p = some[n]
            u, at, total = birth_union[p], 4 * house[p], np.int64(0)
            reference[at] = p
            if u >= 0:
                siblings = np.int64(known[u] & _EIGHT) - ((here[p >> 3] >> (p & 7)) & 1)
                total = 2 * np.int64(np.int64((known[u] >> _PARENTS) & _EIGHT) + siblings)
                for k in range(2):
                    q, code = above[4 * u + k], above[4 * u + 2 + k]
                    reference[at + 1 + k] = q
                    v = (code >> 1) - 1
                    total += np.int64((known[v] >> _PARENTS) & _EIGHT) if v >= 0 else 0
                    if code & 1:  # more unions than one
                        for i in range(union_offset[q], union_offset[q + 1]):
                            total += np.int64(known[union_list[i]] & _EIGHT) if union_list[i] != u else 0
            for i in range(union_offset[p], union_offset[p + 1]):
                own = known[union_list[i]]
                total += np.int64(2 * (own & _EIGHT) + (own >> _GRAND))
            reference[at + 3] = (total << _SUM) | (birth[p] & _BORN)


@numba.njit(cache=True, nogil=True)
def _note_moves(
    blocks: np.ndarray, block: int, here: np.ndarray, house: np.ndarray, home: np.ndarray, changed: np.ndarray
) -> None:
    """Bring ``home``, the household of whoever is here, up to date; mark the households that somebody left or came to."""
    is_here, now, moved = (
        np.empty(block + 7, np.uint8),
        np.empty(block, np.int32),
        np.empty(block + 1, np.int32),
    )
    for b in range(blocks.size):
        low, high = blocks[b], min(blocks[b] + block, house.size)
        lived, lives, n = home[low:high], house[low:high], np.uint64(0)
        spread_bits(here[low >> 3 : (high + 7) >> 3], is_here)
        for i in range(high - low):
            now[i] = lives[i] | (np.int32(is_here[i]) - np.int32(1))  # -1 who is not here
        for i in range(high - low):
            moved[n] = i
            n += np.uint64(now[i] != lived[i])
        for i in moved[:n]:
            before, after = lived[i], now[i]
            lived[i] = after
            if before >= 0:
                changed[before] = 1
            if after >= 0:
                changed[after] = 1


@numba.njit(cache=True, nogil=True)
def _note_adults(
    first: int, last: int, reference: np.ndarray, adult: np.ndarray, changed: np.ndarray, within: np.ndarray
) -> None:
    """Bring the adults of the households first to last - 1 up to date; nothing is known of households where something changed."""
    for h in range(first, last):
        new = adult[h] != reference[4 * h]
        changed[h] |= np.uint8(new)
        adult[h] = reference[4 * h]
        within[h] = np.int16(0) if changed[h] != 0 else within[h]


@numba.njit(cache=True, nogil=True)
def _under_one_roof(
    blocks: np.ndarray,
    block: int,
    birth: np.ndarray,
    birth_union: np.ndarray,
    above: np.ndarray,
    others: np.ndarray,
    house: np.ndarray,
    changed: np.ndarray,
    reference: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Four times the relatedness of ``others``, a bit a person, to the adult of their household, where that has ``changed``.

    Households and relatedness, of those who are related.
    """
    near, is_other = np.empty(block + 1, np.int32), np.empty(block + 7, np.uint8)
    far, elder, family = (
        np.empty(_TOGETHER, np.int32),
        np.empty(_TOGETHER, np.int32),
        np.empty(_TOGETHER, np.int32),
    )
    kin_house, kin, number = (
        np.empty(blocks.size * block + 1, np.int32),
        np.empty(blocks.size * block + 1, np.int8),
        0,
    )
    for b in range(blocks.size):
        begin, high = blocks[b], min(blocks[b] + block, house.size)
        home, count, found = house[begin:high], np.uint64(0), np.uint64(0)
        spread_bits(others[begin >> 3 : (high + 7) >> 3], is_other)
        for i in range(high - begin):
            near[count] = i
            count += np.uint64(is_other[i] & np.uint8(home[i] >= 0))
        for i in near[:count]:
            near[found] = begin + i
            found += np.uint64(changed[np.uint32(home[i])])
        last = np.int64(found)
        for low in range(0, last, _TOGETHER):
            some_near = near[low : min(low + _TOGETHER, last)]
            for n in range(some_near.size):
                prefetch(reference, 4 * house[some_near[n]])
            apart = 0
            for n in range(some_near.size):
                p = some_near[n]
                at, u = 4 * house[p], birth_union[p]
                a, gap = reference[at], np.int64(birth[p]) - np.int64(np.int16(reference[at + 3] & _BORN))
                mother, father = np.int32(-2), np.int32(-2)
                if u >= 0:
                    mother, father = above[4 * u], above[4 * u + 1]
                near_mother, near_father = reference[at + 1], reference[at + 2]
                lineal = (mother == a) | (father == a) | (near_mother == p) | (near_father == p)
                full = np.int64(mother == near_mother) + np.int64(father == near_father)
                related = np.int64(a >= 0) * max(2 * np.int64(lineal), full)
                kin_house[number], kin[number] = house[p], related
                number += int(related > 0)
                far[apart] = p
                apart += int(a >= 0) & int(related == 0) & int(abs(gap) >= _TWO_GENERATIONS)
            # The younger of the two may be a grandchild: one of the parents of father or mother is the other.
            for n in range(apart):
                at = 4 * house[far[n]]
                a, older = reference[at], birth[far[n]] < np.int16(reference[at + 3] & _BORN)
                elder[n], family[n] = (far[n], birth_union[a]) if older else (a, birth_union[far[n]])
                for k in range(2, 4):
                    prefetch(above, 4 * ((above[4 * max(family[n], 0) + k] >> 1) - 1))
            for n in range(apart):
                grand = 0
                for k in range(2, 4 if family[n] >= 0 else 2):
                    w = 4 * ((above[4 * family[n] + k] >> 1) - 1)
                    grand |= int(w >= 0 and (above[w] == elder[n] or above[w + 1] == elder[n]))
                kin_house[number], kin[number] = house[far[n]], grand
                number += grand
    return kin_house[:number].copy(), kin[:number].copy()


@numba.njit(cache=True, nogil=True)
def _add_within(kin_house: np.ndarray, kin: np.ndarray, within: np.ndarray) -> None:
    for i in range(kin_house.size):
        within[kin_house[i]] += kin[i]


@numba.njit(cache=True, nogil=True)
def _sums(first: int, last: int, reference: np.ndarray, within: np.ndarray, out: np.ndarray) -> None:
    """Relatedness of the households first to last - 1; none where there is no adult. Adults are forgotten, for the next call."""
    for h in range(first, last):
        total = (reference[4 * h + 3] >> _SUM) - within[h]
        out[h] = 0.25 * total if reference[4 * h] >= 0 else 0.0
        reference[4 * h] = -1


@dataclass
class Roofs:
    """What was known of those under one roof when it was last asked: who they were, and how related to the adult.

    Attributes
    ----------
    home : int32 (persons,)
        Household of whoever was here, else -1.
    adult : int32 (households,)
        Adult of lowest id, -1 if there was none.
    within : int16 (households,)
        Four times the relatedness of the adult to the others, summed.
    blocks : int64
        First rows of the blocks of persons that were looked at.
    reference : int32 (4 * households,)
        Working memory for what is kept of adults; between calls no adult is in it.
    changed : uint8 (households,)
        Whether somebody came or went since close kin were last summed.
    """

    home: NDArray[np.int32]
    adult: NDArray[np.int32]
    within: NDArray[np.int16]
    blocks: NDArray[np.int64]
    reference: NDArray[np.int32]
    changed: NDArray[np.uint8]

    @classmethod
    def of_nobody(cls, persons: int) -> Roofs:
        """Nobody has been looked at."""
        nobody, none = np.full(persons, -1, np.int32), np.empty(0, np.int32)
        return cls(nobody, none, np.empty(0, np.int16), np.empty(0, np.int64), none, np.empty(0, np.uint8))

    def reserve(self, num_houses: int) -> None:
        """Make room for households that are new, and for some more."""
        if num_houses > self.adult.size:
            more = num_houses + num_houses // 8 - self.adult.size
            self.adult = np.concatenate((self.adult, np.full(more, -1, np.int32)))
            self.within = np.concatenate((self.within, np.zeros(more, np.int16)))
            self.changed = np.concatenate((self.changed, np.zeros(more, np.uint8)))
            self.reference = np.full(4 * self.adult.size, -1, np.int32)

    def note_moves(
        self,
        num_houses: int,
        blocks: NDArray[np.int64],
        block: int,
        here: NDArray[np.uint8],
        house: NDArray[np.int32],
    ) -> None:
        """Bring ``home`` up to date, and mark the households that somebody left or came to; parameters as below."""
        self.reserve(num_houses)
        # Blocks that have been finished since have lost their last.
        looked_at, self.blocks = np.union1d(blocks, self.blocks), blocks
        over = (block, here, house, self.home, self.changed)
        each(lambda some: _note_moves(some, *over), some_at_a_time(looked_at))


def close_kin_sums(
    num_houses: int,
    month: int,
    blocks: NDArray[np.int64],
    block: int,
    here: NDArray[np.uint8],
    tree: Tree,
    people: People,
    graph: KinGraph,
    kept: Roofs,
) -> Float:
    """Relatedness summed over living kin within 2 chon outside the household, for the adult of lowest id in each.

    Parameters
    ----------
    blocks, block : int64 (n,), int
        First rows of blocks of persons in which somebody may be about, and the size of a block.
    here : uint8
        Who lives here, a bit a person (:func:`yeonjwa.society.rows.here_bits`).
    kept : Roofs
        What is known from an earlier call, brought up to date: a household in which nobody came or went is not looked at again.
        Moves have been noted.
    """
    others = here.copy()
    above, known = graph.above, np.empty(tree.wife.size, np.uint32)
    begun = _first_after(tree.start, month)
    known[begun:] = 0

    def adults() -> NDArray[np.int32]:
        out, taken = np.empty(num_houses + 1, np.int32), np.zeros(num_houses, np.uint8)
        latest = month - tree.adult
        return out[: _reference_adults(blocks, block, latest, tree.birth, people.house, taken, others, out)]

    over_rows(_count_here, begun, above, graph.below, here, known)
    # The one is told by one thread while the other counts.
    tasks = [adults, lambda: _count_grandchildren(above, begun, known)]
    found = each(lambda task: task(), tasks)[0]
    reference, out = kept.reference, np.empty(num_houses)
    family = (tree.birth_union, tree.union_offset, tree.union_list, above, here, known)
    over_rows(_all_kin, found.size, found, tree.birth, *family, people.house, reference)
    within = _related_within(num_houses, blocks, block, others, tree, people, graph, kept)
    over_rows(_sums, num_houses, reference, within, out)
    return out


def _related_within(
    num_houses: int,
    blocks: NDArray[np.int64],
    block: int,
    others: NDArray[np.uint8],
    tree: Tree,
    people: People,
    graph: KinGraph,
    kept: Roofs,
) -> NDArray[np.int16]:
    """Four times the relatedness of the adult of each household to the others in it."""
    reference, changed = kept.reference, kept.changed
    over_rows(_note_adults, num_houses, reference, kept.adult, changed, kept.within)
    rest = (block, tree.birth, tree.birth_union, graph.above, others, people.house, changed, reference)
    for found in each(lambda some: _under_one_roof(some, *rest), some_at_a_time(blocks)):
        _add_within(*found, kept.within)
    changed.fill(0)
    return kept.within


def _first_after(start: NDArray[np.int16], month: int) -> int:
    """The first union after all that have begun by a month: from there on none has children yet."""
    for low in range(max(start.size - _STEP, 0), -_STEP, -_STEP):
        begun = np.flatnonzero(start[max(low, 0) : low + _STEP] <= month)
        if begun.size:
            return max(low, 0) + int(begun[-1]) + 1
    return 0
