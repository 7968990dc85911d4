"""The state of the country on the disk, so that a run that was stopped can go on where it was.

Kept is what months change. The genealogy, its index and its calendar are made again from the seed; kin lists, whose
memory is large and whose content follows from the genealogy, are looked up again. A run that goes on gives the same
bytes as one that was never stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from yeonjwa.core import snapshot
from yeonjwa.core.parameters import Parameters
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.society.calendar import event_calendar
from yeonjwa.society.kin_lists import KinLists
from yeonjwa.society.settings import Month
from yeonjwa.society.state import PAST_MONTHS, State, make_tree, turn_of
from yeonjwa.society.world import World

#: Fields of the world that are made again: from the genealogy and the parameters, or by the next step that needs them.
MADE_AGAIN = frozenset(
    {
        "pedigree",
        "graph",
        "tree",
        "parameters",
        "calendar",
        "month",
        "checks",
        "kin_lists",
        "roofs",
        "luck",
        "shocks",
        "means",
        "units",
        "_lived",
        "_exposed",
    }
)


@dataclass(frozen=True)
class Checkpoints:
    """Where the state of a run is kept, how often, and what run it belongs to.

    Attributes
    ----------
    path : Path
        The file.
    every : int
        Months between two states, 0 for never.
    identity : mapping of str to str
        What must be the same for a state to be taken up.
    resume : bool
        Whether to go on from the state that is there.
    """

    path: Path
    every: int
    identity: Mapping[str, str]
    resume: bool = False

    def due(self, done: int) -> bool:
        """Whether a state is to be written after ``done`` months of the run."""
        return self.every > 0 and done % self.every == 0

    def save(self, world: World) -> None:
        """Write the state at the end of the month."""
        world.recorder.settle()
        world.recorder.merge_events()
        kept = {
            field.name: getattr(world, field.name) for field in fields(world) if field.name not in MADE_AGAIN
        }
        snapshot.save(self.path, self.identity, {"month": world.t, "adult": world.tree.adult, "world": kept})

    def load(self, pedigree: Pedigree, parameters: Parameters, start: int, last: int) -> World:
        """The country at the end of the last month that was kept.

        Raises
        ------
        InputError
            There is no state, it is damaged, or it belongs to another run.
        """
        content = snapshot.load(self.path, self.identity)
        _let_months_take_turns(content["world"]["state"], content["month"])
        return World(
            pedigree=pedigree,
            graph=KinGraph(pedigree),
            tree=make_tree(pedigree, content["adult"]),
            parameters=parameters,
            calendar=event_calendar(pedigree, start, last),
            month=Month(parameters, content["month"]),
            kin_lists=KinLists(),
            **content["world"],
        )


def _let_months_take_turns(state: State, month: int) -> None:
    """States were once written with the hardship of a household's last months next to each other, the newest first."""
    past = state.houses.past
    if past.shape != (PAST_MONTHS, state.houses.size.size):
        back = [turn_of(month, m) for m in range(PAST_MONTHS)]
        turns = np.empty((PAST_MONTHS, past.shape[0]), past.dtype)
        turns[back] = past.T
        state.houses = state.houses._replace(past=turns)
