"""The country of one run: what the steps of the schedule read and change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.parameters import Parameters
from yeonjwa.core.randomness import stream, stream_key, uniforms
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.kinship.in_range import FlagsInRange
from yeonjwa.society.beliefs import Beliefs, Units
from yeonjwa.society.calendar import EventCalendar
from yeonjwa.society.close_kin import Roofs
from yeonjwa.society.codes import ABROAD, BANISHED, CAMP, HOME
from yeonjwa.society.economy import Shocks
from yeonjwa.society.kin_lists import KinLists
from yeonjwa.society.recorder import Recorder
from yeonjwa.society.rows import Lived, awake_rows, lived_in
from yeonjwa.society.settings import Month
from yeonjwa.society.state import State, Tree
from yeonjwa.society.ties import Ties

Int32 = NDArray[np.int32]


@dataclass
class Signals:
    """Hints and threats of one month, one row each.

    ``tie`` tie over which the demand is made; ``house`` household that makes it; ``genuine`` whether there is a plan;
    ``threat`` whether it is a threat; ``price`` demanded, baskets; ``belief`` chance, to the patron, that there is a plan;
    ``pays`` whether the patron meets it.
    """

    tie: NDArray[np.int64]
    house: Int32
    genuine: NDArray[np.bool_]
    threat: NDArray[np.bool_]
    price: NDArray[np.float64]
    belief: NDArray[np.float64]
    pays: NDArray[np.bool_]


@dataclass
class World:
    """Everything a step needs.

    Attributes
    ----------
    month : Month
        Parameters at the current month.
    means : Means
        Who can help and who is in need this month (:mod:`yeonjwa.society.means`).
    received : pair of int32 and float64 (helped,)
        Households that patrons gave something this month, in order, and baskets a head, set by the support step.
    shares : dict
        Learnt shares: "paid", "genuine" (of hints), "threat_paid", "threat_genuine" (of threats).
    luck : float64 (households,)
        Permanent part of the luck of the households (:func:`yeonjwa.society.economy.lasting_luck`).
    shocks : Shocks
        Draws of the next month that are made ahead (:mod:`yeonjwa.society.economy`).
    posted : Posted
        Expatriates abroad with their means this month (:mod:`yeonjwa.society.abroad`).
    checks : FlagsInRange
        How far files were seen in the last January round; their memory is used again in the next.
    kin_lists : KinLists
        Kin of those who hold a post, kept from one January to the next.
    roofs : Roofs
        Who lived under one roof when close kin were last summed.
    holders : int64
        Who held a post at the last January round (some have lost it since).
    units : Units
        Neighbourhoods of households, as the record last looked them up.
    leader_of : int32 (persons,)
        Who led the departure a person took part in; -1 for those who never left.
    """

    pedigree: Pedigree
    graph: KinGraph
    tree: Tree
    parameters: Parameters
    state: State
    calendar: EventCalendar
    beliefs: Beliefs
    recorder: Recorder
    seed: int
    scale: float
    month: Month
    leader_of: Int32
    unit_of_leaver: dict[int, int] = field(default_factory=dict)
    ties: Ties | None = None
    signals: Signals | None = None
    means: Any = None
    received: tuple[NDArray[np.int32], NDArray[np.float64]] = field(
        default_factory=lambda: (np.empty(0, np.int32), np.empty(0))
    )
    shares: dict[str, float] = field(default_factory=dict)
    cumulative: dict[str, float] = field(default_factory=dict)
    luck: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    shocks: Shocks = field(default_factory=Shocks)
    posted: Any = None
    holders: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    family: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    checks: FlagsInRange | None = None
    kin_lists: KinLists = field(default_factory=KinLists)
    roofs: Roofs | None = None
    units: Units | None = None
    _awake: tuple[int, NDArray[np.int64]] | None = None
    _lived: tuple[int, Lived] | None = None
    _exposed: tuple[tuple[int, float, float], NDArray[np.uint8]] | None = None

    @property
    def t(self) -> int:
        """Current month index."""
        return self.month.t

    @property
    def num_unions(self) -> int:
        """Unions of the pedigree: household keys from here on stand for single persons."""
        return self.pedigree.num_unions

    def draw(self, name: str, entities: NDArray[np.integer], time: int | None = None) -> NDArray[np.float64]:
        """Uniform draws for entities in the stream ``society.<name>`` at the current month (or another time)."""
        return uniforms(self.seed, stream(f"society.{name}"), entities, self.t if time is None else time)

    def key_of(self, stream_id: np.uint64) -> np.uint64:
        """Key of a stream constant, for kernels."""
        return stream_key(self.seed, stream_id)

    def key(self, name: str) -> np.uint64:
        """Key of the stream ``society.<name>``, for kernels."""
        return stream_key(self.seed, stream(f"society.{name}"))

    def awake(self) -> NDArray[np.int64]:
        """First rows of the blocks of persons in which somebody may be about (:mod:`yeonjwa.society.rows`)."""
        year = self.t // 12
        if self._awake is None or self._awake[0] != year:
            self._awake = (year, awake_rows(12 * year, self.tree.birth, self.state.people.where))
        return self._awake[1]

    def lived(self) -> Lived:
        """Households in which somebody may live: of blocks that are mostly empty, those lived in when the year began."""
        year = self.t // 12
        if self._lived is None or self._lived[0] != year:
            self._lived = (year, lived_in(self.state.num_houses, self.state.houses.head))
        return self._lived[1]

    def present(self) -> NDArray[np.bool_]:
        """Who is alive, free and in the country or posted abroad, as a mask over persons."""
        where = self.state.people.where
        return np.asarray((where == HOME) | (where == BANISHED) | (where == ABROAD))

    def living_here(self) -> NDArray[np.bool_]:
        """Who is alive under the country's rule: present, or in a camp."""
        return np.asarray(self.present() | (self.state.people.where == CAMP))

    def ages(self, persons: NDArray[np.integer]) -> NDArray[np.int64]:
        """Ages in completed years."""
        return np.asarray((self.t - self.tree.birth[persons].astype(np.int64)) // 12)
