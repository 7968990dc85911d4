"""From a pedigree and parameters to the country, month by month (MODEL.md, sections 3 and 12)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.calendar import format_month, month_index, month_of
from yeonjwa.core.errors import InputError, RunError
from yeonjwa.core.heap import kept_heap
from yeonjwa.core.lanes import LANES
from yeonjwa.core.parallel import each, over_rows
from yeonjwa.core.parameters import Parameters
from yeonjwa.core.progress import Progress, Silent
from yeonjwa.core.provenance import Meter
from yeonjwa.core.randomness import stream, stream_key
from yeonjwa.genealogy.pedigree import Pedigree
from yeonjwa.kinship.graph import KinGraph
from yeonjwa.regime.rules import validate
from yeonjwa.society import camps, flight, schedule
from yeonjwa.society.beliefs import make_beliefs
from yeonjwa.society.calendar import EventCalendar, event_calendar
from yeonjwa.society.careers import step_careers
from yeonjwa.society.checkpoint import Checkpoints
from yeonjwa.society.codes import ABROAD, BANISHED, HOME, NOT_YET_BORN, POSTS, PROVINCES, UNBORN
from yeonjwa.society.family import draw_family
from yeonjwa.society.hints import raise_odds
from yeonjwa.society.households import form_households, gather_old, place
from yeonjwa.society.recorder import Recorder
from yeonjwa.society.settings import Month
from yeonjwa.society.songbun import draw_classes, inherit_songbun
from yeonjwa.society.state import People, State, make_houses, make_people, make_tree
from yeonjwa.society.world import World

#: The society is never started before this year: nothing is known of the border before it.
EARLIEST = 1985
SPINUP_YEARS = 10


@dataclass(frozen=True)
class SocietyResult:
    """What a run of the society leaves.

    Attributes
    ----------
    series, events, flows : dict of arrays
        Columns as in docs/run_folder.md; series and flows are of the real country, events one row a synthetic person.
    persons : dict of arrays
        End state of everyone ever, in order of id.
    family : dict
        One offence and who was reached, for the family picture; empty if there was none.
    notes : list of str
        Sentences that belong beside the results.
    totals : dict
        Sums over all months, the unrecorded ones included, in synthetic persons (for checks); waits for a first payment and
        gaps in support (:mod:`yeonjwa.society.gaps`) from a year before the first recorded month.
    """

    series: dict[str, NDArray[Any]]
    events: dict[str, NDArray[Any]]
    flows: dict[str, NDArray[Any]]
    persons: dict[str, NDArray[Any]]
    family: dict[str, Any]
    notes: list[str]
    totals: dict[str, float] = field(default_factory=dict)


@kept_heap()
def simulate(
    pedigree: Pedigree,
    parameters: Parameters,
    *,
    seed: int,
    scale: float,
    first: int,
    last: int,
    spinup_months: int | None = None,
    progress: Progress | None = None,
    check: bool = False,
    meter: Meter | None = None,
    checkpoints: Checkpoints | None = None,
) -> SocietyResult:
    """Play the society over a pedigree and record the months ``first`` to ``last``.

    Parameters
    ----------
    pedigree : Pedigree
        Must have been simulated here: an imported genealogy is refused, because the persons in it may be real.
    parameters : Parameters
        All inputs, validated.
    seed : int
        Seed of all draws of the society.
    scale : float
        Persons of this run per person of the real country, 0.002 to 1: results are weighted by its inverse.
    first, last : int
        First and last recorded month (month indices).
    spinup_months : int, optional
        Unrecorded months before ``first``; ten years by default, never before 1985.
    progress : Progress, optional
        Told of every month.
    check : bool
        Verify after every month, not only each December, that everyone is somewhere exactly once; slower. Money and the
        flight identity are verified in every month of every run.
    meter : Meter, optional
        Adds up time and memory by step of the schedule.
    checkpoints : Checkpoints, optional
        Where to keep the state, and whether to go on from the one that is there.

    Raises
    ------
    InputError
        If the pedigree was imported, or the dates or the scale make no sense.
    RunError
        If money or people are not conserved: a defect of the engine.
    """
    _check_inputs(pedigree, scale, first, last)
    validate(parameters)
    progress = progress or Silent()
    spinup = 12 * SPINUP_YEARS if spinup_months is None else spinup_months
    start = max(first - spinup, month_index(EARLIEST, 1))
    meter = meter or Meter()
    if checkpoints is not None and checkpoints.resume:
        world = meter.step("resume", lambda: checkpoints.load(pedigree, parameters, start, last))
        done = world.t - start + 1
    else:
        world = meter.step(
            "start",
            lambda: make_world(pedigree, parameters, seed=seed, scale=scale, start=start, last=last),
        )
        done = 0
    progress.stage("society", last - start + 1, "months")
    progress.advance(done)
    for t in range(start + done, last + 1):
        _play(world, t, first, check, meter)
        if checkpoints is not None and t < last and checkpoints.due(t - start + 1):
            meter.step("checkpoint", partial(checkpoints.save, world))
        progress.advance()
    progress.finish()
    return meter.step("end", lambda: _result(world, start, first))


def _play(world: World, t: int, first: int, check: bool, meter: Meter) -> None:
    """Month ``t``, recorded from ``first`` on, and the checks after it."""
    world.month = Month(world.parameters, t)
    world.recorder.recording = t >= first
    # Counts begin anew when ties are looked up, each January: those of the year before are still about in the first month.
    world.recorder.following = t >= first - 12
    if t == first:
        meter.step("open books", partial(_open_books, world, first))
    before = {"stock": float(world.state.out.size)}
    schedule.run_month(world, meter)
    check_books(world, before)
    if check or month_of(t) == 12:
        meter.step("check", partial(check_people, world))
    world.recorder.close_month(t)


def _check_inputs(pedigree: Pedigree, scale: float, first: int, last: int) -> None:
    """Raise unless the genealogy was simulated here and the months and the scale fit it."""
    if pedigree.provenance != "simulated":
        raise InputError(
            "provenance of the genealogy",
            pedigree.provenance,
            "simulated: the society runs on synthetic persons only",
        )
    if not first <= last <= pedigree.last_month:
        raise InputError(
            "months of the run",
            f"{format_month(first)} to {format_month(last)}",
            f"first before last, and last up to {format_month(pedigree.last_month)}, where the genealogy ends",
        )
    if not 0 < scale <= 1:
        raise InputError("scale", scale, "more than 0, up to 1")


def make_world(
    pedigree: Pedigree, parameters: Parameters, *, seed: int, scale: float, start: int, last: int
) -> World:
    """The country at the end of the month before ``start``: people placed, households formed, posts filled."""
    month = Month(parameters, start)
    tree = make_tree(pedigree, round(12 * month.number("household.adult_age")))
    people = make_people(pedigree.num_persons)
    before = start - 1
    formed = np.where(pedigree.start <= before, np.int8(1), np.int8(-1))
    state = State(people, make_houses(1), 0, formed)
    graph = KinGraph(pedigree)
    place(before, tree, pedigree.region_province, pedigree.region, state.membership)
    state.houses = make_houses(int(_at_home(people).sum() * 0.75) + 1024)
    widowed_age = int(month.number("household.widowed_parent_age")) * 12

    def settle() -> int:
        return form_households(before, widowed_age, tree, formed, state.membership)

    def look_up() -> EventCalendar:
        """What does not depend on who lives with whom."""
        _assign_songbun(pedigree, month, seed, tree, people)
        _ = graph.below, graph.above
        return event_calendar(pedigree, start, last)

    state.num_houses, calendar = each(lambda task: task(), [settle, look_up])
    gather_old(before, widowed_age, state.num_houses, tree, formed, state.membership)
    world = World(
        pedigree=pedigree,
        graph=graph,
        tree=tree,
        parameters=parameters,
        state=state,
        calendar=calendar,
        beliefs=make_beliefs(_at_home(people).astype(float), month.number("belief.neighbourhood")),
        recorder=Recorder(scale),
        seed=seed,
        scale=scale,
        month=month,
        leader_of=np.full(pedigree.num_persons, -1, np.int32),
        shares={
            "paid": month.number("hint.prior_paid"),
            "genuine": month.number("hint.prior_genuine"),
            "threat_paid": month.number("hint.prior_paid"),
            "threat_genuine": float(
                raise_odds(np.array(month.number("hint.prior_genuine")), month.number("hint.threat_evidence"))
            ),
        },
    )
    _start_smoothly(world)
    step_careers(world, initial=True)
    schedule.look_up_ties(world)
    return world


def _at_home(people: People) -> NDArray[np.int64]:
    """Persons at home, by province."""
    counts = over_rows(_count_at_home, people.where.size, people.where, people.province, block=1 << 20)
    return np.asarray(np.sum(counts, axis=0))


@numba.njit(cache=True, nogil=True)
def _count_at_home(first: int, last: int, where: np.ndarray, province: np.ndarray) -> np.ndarray:
    count = np.zeros(len(PROVINCES), np.int64)
    w, home = where[first:last], province[first:last]
    for i in range(last - first):
        count[home[i]] += w[i] == HOME
    return count


def _assign_songbun(pedigree: Pedigree, month: Month, seed: int, tree: Any, people: Any) -> None:
    key = stream_key(seed, stream("society.songbun"))
    own = draw_classes(pedigree.num_persons, key, month.vector("songbun.share", "songbun"))
    introduced = month_index(int(month.number("songbun.year")), 1)
    inherit_songbun(introduced, own, tree, people.songbun)


def _start_smoothly(world: World) -> None:
    """Transitory shocks start from their stationary distribution, and smoothed hardship from the first month's."""
    from yeonjwa.core.randomness import normals

    houses, n = world.state.houses, world.state.num_houses
    draws = normals(world.seed, stream("society.economy.start"), houses.key[:n])
    houses.ar[:n] = world.month.number("economy.sd_transitory") * draws
    schedule.step_hardship(world)
    houses.smoothed[:n] = houses.hardship[:n]
    houses.past[:, :n] = houses.hardship[:n]


def _open_books(world: World, first: int) -> None:
    """Before the first recorded month: the camps are filled up to the recorded stock with families drawn by the rule."""
    world.month = Month(world.parameters, first)
    target = world.month.number("camp.initial") * world.scale
    held = world.state.inmates.size
    camps.fill(world, target)
    added = world.state.inmates.size - held
    world.notes.append(
        f"Camps held {held / world.scale:,.0f} persons after the unrecorded years; "
        f"{added / world.scale:,.0f} were added in families drawn by the rule to reach the recorded stock."
    )


def check_books(world: World, before: dict[str, float]) -> None:
    """The month's books: the flight identity holds, and what was sent was received or a fee; raises if not."""
    flight.check_identity(world, before)
    recorder = world.recorder
    for sent, parts in (
        ("support.amount", ("support.received", "support.fees")),
        ("remittance.sent", ("remittance.received", "remittance.fees")),
        ("posting.sent", ("posting.received", "posting.fees")),
        ("exit.paid", ("exit.bribes", "exit.lost")),
    ):
        paid, found = recorder.now(sent), sum(recorder.now(part) for part in parts)
        if abs(paid - found) > 1e-6 * max(1.0, paid):
            raise RunError(
                f"money is not conserved in {format_month(world.t)}: {sent} {paid}, received and fees {found}"
            )


def check_people(world: World) -> None:
    """Everyone is somewhere exactly once: households and whereabouts tell the same story; raises if not."""
    people, houses = world.state.people, world.state.houses
    columns = (people.where, people.house, world.tree.birth)
    found = over_rows(_tell_whereabouts, people.where.size, world.t, *columns, block=1 << 20)
    contradicted, nowhere, at_home = np.sum(found, axis=0)
    if contradicted:
        lives = np.isin(people.where, (HOME, BANISHED, ABROAD))
        persons = np.flatnonzero(lives != (people.house >= 0))
        raise RunError(
            f"households and whereabouts disagree for persons {persons[:5].tolist()} in {format_month(world.t)}"
        )
    if int(houses.size[: world.state.num_houses].sum(dtype=np.int64)) != at_home:
        raise RunError(f"household sizes do not add up to the people at home in {format_month(world.t)}")
    if nowhere:
        persons = np.flatnonzero((people.where == NOT_YET_BORN) & (world.tree.birth <= world.t))
        raise RunError(f"persons {persons[:5].tolist()} were born and are nowhere in {format_month(world.t)}")


@numba.njit(cache=True, nogil=True)
def _tell_whereabouts(
    first: int, last: int, month: int, where: np.ndarray, house: np.ndarray, birth: np.ndarray
) -> tuple[int, int, int]:
    """How many have a household that contradicts the whereabouts, are born and nowhere, and are at home.

    Small numbers are added up a few rows at a time: a processor adds many of them at once.
    """
    contradicted, nowhere, at_home = 0, 0, 0
    for low in range(first, last, LANES):
        high = min(low + LANES, last)
        w, h, born = where[low:high], house[low:high], birth[low:high]
        wrong, lost, here = np.uint16(0), np.uint16(0), np.uint16(0)
        for i in range(high - low):
            home = np.uint8(w[i] == HOME) | np.uint8(w[i] == BANISHED)
            should = home | np.uint8(w[i] == ABROAD)
            here += np.uint16(home)
            wrong += np.uint16(should != np.uint8(h[i] >= 0))
            lost += np.uint16(np.uint8(w[i] == NOT_YET_BORN) & np.uint8(born[i] <= month))
        contradicted, nowhere, at_home = contradicted + int(wrong), nowhere + int(lost), at_home + int(here)
    return contradicted, nowhere, at_home


def _result(world: World, start: int, first: int) -> SocietyResult:
    people = world.state.people
    notes = list(world.notes)
    notes.append(
        f"The society ran unrecorded from {format_month(start)} to fill China, files, beliefs and networks."
    )
    share = world.parameters.vector("post.share", first, POSTS)
    living = world.parameters.number("population.living", first) * world.scale
    for post, part in zip(POSTS, share, strict=True):
        if part * living < 1:
            notes.append(f"Post {post} has fewer than one expected holder at this scale: not represented.")
    unsettled = world.cumulative.get("support.unsettled_months", 0.0)
    if unsettled:
        notes.append(f"Support had not settled after the allowed sweeps in {unsettled:.0f} months.")
    return SocietyResult(
        series=world.recorder.series(),
        events=world.recorder.event_table(),
        flows=world.recorder.flow_table(),
        persons={
            "whereabouts": people.where,
            "songbun": people.songbun,
            "party": people.party,
            "post": people.post,
            "province": people.province,
            "household": people.house,
            "record": people.record,
            "unborn": people.where == UNBORN,
        },
        family=draw_family(world),
        notes=notes,
        totals=dict(world.recorder.sums),
    )
