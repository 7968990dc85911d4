"""Step 2: incomes, prices, hardship (MODEL.md, section 5).

Consumption is counted a head in monthly subsistence baskets: 1 is just enough. Log consumption is the median of
the household's class and province at the date, plus a permanent part, plus a transitory shock that is AR(1), plus
the national shock, plus what is received or owed from outside.
"""

from __future__ import annotations

import math
from concurrent.futures import Future
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from yeonjwa.core.lanes import LANES, fill_exp, fill_normals
from yeonjwa.core.memory import prefetch
from yeonjwa.core.parallel import ahead, over_rows
from yeonjwa.core.randomness import stream
from yeonjwa.society.codes import ABROAD, BANISHED_CLASS, EXPATRIATE
from yeonjwa.society.rows import Lived, all_lived, is_thin, put, rows_of, take
from yeonjwa.society.state import Houses, People, turn_of

Float = NDArray[np.float64]

PERMANENT = stream("society.economy.permanent")
TRANSITORY = stream("society.economy.transitory")
_NOTHING = np.empty(0)
#: Bits of a province in a table, and the places that they make.
_PLACE_BITS = 4
_PLACES = 1 << _PLACE_BITS
#: Holders of posts of a block, and rows by which memory is asked for ahead.
_HOLDERS, _AHEAD = 8192, 16


def assign_classes(
    holders: NDArray[np.int64], num_houses: int, people: People, houses: Houses
) -> NDArray[np.int64]:
    """Income class of each household: the highest-paid post of those at home, or banished; returns the expatriates abroad.

    Posts are ordered by code; what an expatriate sends home is added in :mod:`yeonjwa.society.abroad`. ``holders`` are all
    who may hold a post: who lives in a household without any of them needs no look.
    """
    over_rows(_without_posts, num_houses, houses.banished, houses.income_class)
    home, post = np.empty(holders.size, np.int32), np.empty(holders.size, np.int8)
    columns = (people.house, people.where, people.post)
    abroad = over_rows(_look_up_posts, holders.size, holders, *columns, home, post, block=_HOLDERS)
    _raise_classes(home, post, houses.income_class)
    return np.concatenate([np.empty(0, np.int64), *abroad])


@numba.njit(cache=True, nogil=True)
def _without_posts(first: int, last: int, banished: np.ndarray, income_class: np.ndarray) -> None:
    sent, out = banished[first:last], income_class[first:last]
    for h in range(out.size):
        out[h] = BANISHED_CLASS if sent[h] > 0 else 0


@numba.njit(cache=True, nogil=True)
def _look_up_posts(
    first: int,
    last: int,
    holders: np.ndarray,
    house: np.ndarray,
    where: np.ndarray,
    post_of: np.ndarray,
    home: np.ndarray,
    post: np.ndarray,
) -> np.ndarray:
    """Household and post of the holders first to last - 1, no household for those abroad; returns the expatriates among these.

    A loop for each thing that lies far apart.
    """
    out, n = np.empty(last - first, np.int64), 0
    for i in range(first, last):
        home[i] = house[holders[i]]
    for i in range(first, last):
        post[i] = post_of[holders[i]]
    for i in range(first, last):
        abroad = where[holders[i]] == ABROAD
        out[n] = holders[i]
        n += int(abroad & (post[i] == EXPATRIATE) & (home[i] >= 0))
        home[i] = -1 if abroad else home[i]
    return out[:n].copy()


@numba.njit(cache=True, nogil=True)
def _raise_classes(home: np.ndarray, post: np.ndarray, income_class: np.ndarray) -> None:
    for i in range(home.size):
        if i + _AHEAD < home.size:
            prefetch(income_class, home[i + _AHEAD])
        h = home[i]
        if h >= 0 and income_class[h] != BANISHED_CLASS:
            income_class[h] = max(income_class[h], post[i])


class _Rows(NamedTuple):
    """What the economy reads and writes of up to ``LANES`` households: views of the columns, or copies; see :class:`Houses`."""

    head: np.ndarray
    key: np.ndarray
    luck: np.ndarray
    income_class: np.ndarray
    province: np.ndarray
    ar: np.ndarray
    extra: np.ndarray
    extra_left: np.ndarray
    consumption: np.ndarray
    hardship: np.ndarray
    newest: np.ndarray


class _Scratch(NamedTuple):
    """Working memory of ``LANES`` rows."""

    word: np.ndarray
    power: np.ndarray
    passing: np.ndarray
    level: np.ndarray
    u: np.ndarray


@numba.njit(cache=True, nogil=True)
def _copies() -> _Rows:
    return _Rows(
        np.empty(LANES, np.int32),
        np.empty(LANES, np.int64),
        np.empty(LANES),
        np.empty(LANES, np.int8),
        np.empty(LANES, np.int8),
        np.empty(LANES, np.float32),
        np.empty(LANES, np.float32),
        np.empty(LANES, np.int8),
        np.empty(LANES, np.float32),
        np.empty(LANES, np.float32),
        np.empty(LANES, np.float32),
    )


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _incomes(
    n: int,
    month: int,
    transitory: np.uint64,
    log_income: np.ndarray,
    national: float,
    sd: np.ndarray,
    drawn: np.ndarray,
    rows: _Rows,
    scratch: _Scratch,
) -> None:
    """:func:`step_economy` for ``n`` rows; ``log_income`` by class and province, ``drawn`` shocks or nothing."""
    lived_in, klass, place = rows.head[:n], rows.income_class[:n], rows.province[:n]
    shocks, lasting, passing = rows.ar[:n], rows.luck[:n], scratch.passing[:n]
    level, u, power = scratch.level, scratch.u, scratch.power
    innovation = sd[1] * math.sqrt(1.0 - sd[2] * sd[2])
    if drawn.size > 0:
        passing = drawn
    else:
        fill_normals(0, n, transitory, rows.key, month, passing, scratch.word, u, power)
    for i in range(n):
        shock = np.float32(sd[2] * shocks[i] + innovation * passing[i])
        shock = shock if lived_in[i] >= 0 else shocks[i]
        shocks[i] = shock
        level[i] = national + sd[0] * lasting[i] + shock
    for i in range(n):
        level[i] += log_income[(np.uint8(klass[i]) << np.uint8(_PLACE_BITS)) | np.uint8(place[i])]
    fill_exp(n, level, u, power)
    _add_extra(lived_in, rows.extra[:n], rows.extra_left[:n], u)
    spent, lacking, newest = rows.consumption[:n], rows.hardship[:n], rows.newest[:n]
    for i in range(n):
        short = np.float32(max(0.0, 1.0 - u[i]))
        spent[i] = np.float32(u[i]) if lived_in[i] >= 0 else spent[i]
        lacking[i] = short if lived_in[i] >= 0 else lacking[i]
        newest[i] = short if lived_in[i] >= 0 else newest[i]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def economy_rows(
    first: int,
    last: int,
    month: int,
    transitory: np.uint64,
    luck: np.ndarray,
    log_income: np.ndarray,
    national: float,
    sd: np.ndarray,
    houses: Houses,
    lived: Lived,
    drawn: np.ndarray,
) -> None:
    """:func:`step_economy` for the households first to last - 1, ``LANES`` at a time; ``drawn`` are shocks of the first ones."""
    h = houses
    newest = h.past[turn_of(month, 0)]
    copy = _copies()
    scratch = _Scratch(
        np.empty(LANES, np.uint64),
        np.empty(LANES, np.int64),
        np.empty(LANES),
        np.empty(LANES),
        np.empty(LANES),
    )
    for low in range(first, last, LANES):
        high = min(low + LANES, last)
        rows = _Rows(
            h.head[low:high],
            h.key[low:high],
            luck[low:high],
            h.income_class[low:high],
            h.province[low:high],
            h.ar[low:high],
            h.extra[low:high],
            h.extra_left[low:high],
            h.consumption[low:high],
            h.hardship[low:high],
            newest[low:high],
        )
        if not is_thin(low, lived):
            own = drawn[low:high] if high <= drawn.size else drawn[:0]
            _incomes(high - low, month, transitory, log_income, national, sd, own, rows, scratch)
            continue
        some = rows_of(low, lived)
        _take_all(some, rows, copy)
        _incomes(some.size, month, transitory, log_income, national, sd, drawn[:0], copy, scratch)
        _put_all(some, copy, rows)


@numba.njit(cache=True, nogil=True)
def _take_all(some: np.ndarray, rows: _Rows, copy: _Rows) -> None:
    """Copies of some of the rows; of what is only written, the old values too, for those that nobody lives in any more."""
    take(some, rows.head, copy.head)
    take(some, rows.key, copy.key)
    take(some, rows.luck, copy.luck)
    take(some, rows.income_class, copy.income_class)
    take(some, rows.province, copy.province)
    take(some, rows.ar, copy.ar)
    take(some, rows.extra, copy.extra)
    take(some, rows.extra_left, copy.extra_left)
    take(some, rows.consumption, copy.consumption)
    take(some, rows.hardship, copy.hardship)
    take(some, rows.newest, copy.newest)


@numba.njit(cache=True, nogil=True)
def _put_all(some: np.ndarray, copy: _Rows, rows: _Rows) -> None:
    """Write back what the economy has changed."""
    put(some, copy.ar, rows.ar)
    put(some, copy.extra_left, rows.extra_left)
    put(some, copy.consumption, rows.consumption)
    put(some, copy.hardship, rows.hardship)
    put(some, copy.newest, rows.newest)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _add_extra(lived_in: np.ndarray, extra: np.ndarray, extra_left: np.ndarray, spent: np.ndarray) -> None:
    """Add what households get or owe beyond their income this month, and count the months that are left; few have any."""
    some = np.int8(0)
    for i in range(extra_left.size):
        some |= extra_left[i]
    if some == 0:
        return
    for i in range(extra_left.size):
        if extra_left[i] > 0 and lived_in[i] >= 0:
            spent[i] = max(0.0, spent[i] + extra[i])
            extra_left[i] -= 1


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _draw_luck(
    first: int, last: int, start: int, permanent: np.uint64, key: np.ndarray, out: np.ndarray
) -> None:
    word, power, u = np.empty(LANES, np.uint64), np.empty(LANES, np.int64), np.empty(LANES)
    for low in range(start + first, start + last, LANES):
        n = min(LANES, start + last - low)
        fill_normals(low, n, permanent, key, 0, out[low : low + n], word, u, power)


def lasting_luck(luck: Float, num_houses: int, permanent: np.uint64, houses: Houses) -> Float:
    """The permanent part of every household's luck, one standard normal draw each: drawn for those founded since ``luck`` was.

    Parameters
    ----------
    luck : float64
        As returned for the households there were before.
    permanent : uint64
        Key of the stream of the permanent part.
    """
    known = luck.size
    if known == num_houses:
        return luck
    # There is room for households that are founded later: what is known is not copied each month.
    room = luck.base if isinstance(luck.base, np.ndarray) else luck
    if room.size < num_houses:
        room = np.empty(max(num_houses, houses.key.size))
        room[:known] = luck
    over_rows(_draw_luck, num_houses - known, known, permanent, houses.key, room)
    return room[:num_houses]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _draw_shocks(
    num_houses: int, month: int, transitory: np.uint64, key: np.ndarray, lived: Lived, out: np.ndarray
) -> None:
    word, power, u = np.empty(LANES, np.uint64), np.empty(LANES, np.int64), np.empty(LANES)
    for low in range(0, num_houses, LANES):
        n = min(LANES, num_houses - low)
        if not is_thin(low, lived):
            fill_normals(low, n, transitory, key, month, out[low : low + n], word, u, power)


class Shocks:
    """Transitory shocks of the next month, drawn on a thread of their own while steps go on that keep one thread only busy.

    They depend on the seed, the month and the key of a household alone. On one thread nothing is drawn ahead.
    """

    def __init__(self) -> None:
        self._room, self._of = _NOTHING, (-1, np.uint64(0), 0)
        self._running: Future[None] | None = None

    def begin(
        self, month: int, transitory: np.uint64, num_houses: int, key: NDArray[np.int64], lived: Lived
    ) -> None:
        """Begin to draw the shocks of the households there are."""
        self.drawn(month, transitory)  # so that nobody writes to the room any more
        if self._room.size < num_houses:
            self._room = np.empty(max(num_houses, key.size))
        self._of = month, transitory, num_houses
        self._running = ahead(lambda: _draw_shocks(num_houses, month, transitory, key, lived, self._room))

    def drawn(self, month: int, transitory: np.uint64) -> Float:
        """Those of the first households in this month, as far as they were drawn; what is asked for is then forgotten."""
        if self._running is None:
            return _NOTHING
        self._running.result()
        self._running, (then, key, number) = None, self._of
        return self._room[:number] if (then, key) == (month, transitory) else _NOTHING


def step_economy(
    month: int,
    num_houses: int,
    transitory: np.uint64,
    luck: Float,
    log_median: np.ndarray,
    log_province: np.ndarray,
    national: float,
    sd: np.ndarray,
    houses: Houses,
    lived: Lived | None = None,
    drawn: Float = _NOTHING,
) -> None:
    """Consumption and hardship of every household before the month's transfers.

    Parameters
    ----------
    transitory : uint64
        Key of the stream of the transitory part.
    luck : float64 (households,)
        From :func:`lasting_luck`.
    log_median : float64 (classes,)
        Log of the median consumption of each class.
    log_province : float64 (provinces,)
        Log income of each province relative to the country.
    national : float
        National shock to log income.
    sd : float64 (3,)
        Standard deviation of the permanent part, stationary one of the transitory part, its autocorrelation.
    lived : Lived, optional
        Which households are looked at; all by default.
    drawn : float64
        Transitory shocks of the first households, where they were drawn before (:class:`Shocks`).
    """
    log_income = np.zeros((log_median.size, _PLACES))
    log_income[:, : log_province.size] = log_median[:, None] + log_province
    rest = log_income.ravel(), national, sd, houses, all_lived() if lived is None else lived, drawn
    over_rows(economy_rows, num_houses, month, transitory, luck, *rest)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _smooth_rows(
    first: int, last: int, house: np.ndarray, received: np.ndarray, memory: float, houses: Houses
) -> None:
    """Households first to last - 1: those who were given something by themselves, and the others many at a time."""
    low, high = np.searchsorted(house, first), np.searchsorted(house, last)
    helped = np.empty(high - low, np.float32)
    for i in range(high - low):
        h = np.uint32(house[low + i])
        left = max(0.0, houses.hardship[h] - received[low + i])
        step = (left - houses.smoothed[h]) / memory
        helped[i] = houses.smoothed[h] + (step if houses.head[h] >= 0 else 0.0)
    head, hardship, smoothed = (
        houses.head[first:last],
        houses.hardship[first:last],
        houses.smoothed[first:last],
    )
    for k in range(last - first):
        step = (max(0.0, hardship[k]) - smoothed[k]) / memory
        smoothed[k] += step if head[k] >= 0 else 0.0
    for i in range(high - low):
        houses.smoothed[np.uint32(house[low + i])] = helped[i]


def smooth_hardship(
    num_houses: int, house: np.ndarray, received: np.ndarray, memory: float, houses: Houses
) -> None:
    """``H' = H + (h_after - H) / memory``, with ``h_after`` the hardship left after what a household has received.

    Parameters
    ----------
    house : int (helped,)
        Households that have received something, each once and in order.
    received : float (helped,)
        Baskets a head.
    """
    over_rows(_smooth_rows, num_houses, house, received, memory, houses)


@numba.njit(cache=True, nogil=True)
def _poor_rows(
    first: int, last: int, provinces: int, hardship: np.ndarray, province: np.ndarray, persons: np.ndarray
) -> np.ndarray:
    """Persons in poor households by province: a sum over all rows of a block for each, which takes many rows at a time."""
    count, poor = np.zeros(provinces, np.int64), np.empty(LANES, np.int32)
    for low in range(first, last, LANES):
        n = min(LANES, last - low)
        short, place, size = hardship[low : low + n], province[low : low + n], persons[low : low + n]
        for i in range(n):
            poor[i] = np.int32(size[i]) * np.int32(short[i] > 0)
        for k in range(provinces):
            here, some = np.int8(k), np.int32(0)
            for i in range(n):
                some += poor[i] if place[i] == here else np.int32(0)
            count[k] += some
    return count


def poor_persons(num_houses: int, num_provinces: int, houses: Houses) -> np.ndarray:
    """Persons in households below one basket a head, by province."""
    columns = (houses.hardship, houses.province, houses.size)
    counts = over_rows(_poor_rows, num_houses, num_provinces, *columns)
    return np.asarray(np.sum(counts, axis=0)) if counts else np.zeros(num_provinces, np.int64)
