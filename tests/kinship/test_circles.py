"""Path algebra and the language of circles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yeonjwa.core.errors import InputError
from yeonjwa.kinship.circles import Blood, make_circle, parse_circle
from yeonjwa.kinship.names import NAMED
from yeonjwa.kinship.paths import MAX_LENGTH, Term, blood_path, check_path, chon, inverse, is_blood, plain

paths = st.text("UDS", min_size=1, max_size=MAX_LENGTH)


@given(paths)
def test_inverse_is_its_own_inverse_and_keeps_the_degree(path: str) -> None:
    assert inverse(inverse(path)) == path
    assert chon(inverse(path)) == chon(path) == len(path) - path.count("S")
    assert is_blood(path) == is_blood(inverse(path))


@pytest.mark.parametrize(
    ("path", "degree"), [("U", 1), ("UD", 2), ("UUD", 3), ("UUDD", 4), ("SU", 1), ("S", 0)]
)
def test_chon(path: str, degree: int) -> None:
    assert chon(path) == degree


@pytest.mark.parametrize("path", ["", "uu", "UX", "U" * (MAX_LENGTH + 1), 3])
def test_what_is_no_path_is_refused(path: object) -> None:
    with pytest.raises(InputError, match="kinship path"):
        check_path(path)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("parents + spouse + children + grandchildren", {"U", "S", "D", "DD"}),
        ("siblings of spouse", {"SUD"}),
        ("spouse of siblings", {"UDS"}),
        ("UUDD + S", {"UUDD", "S"}),
        ("children of (children + siblings)", {"DD", "UDD"}),
        ("chon<=2", {"U", "D", "UU", "UD", "DD"}),
        ("chon = 3", {"UUU", "UUD", "UDD", "DDD"}),
        ("siblings-in-law", {"SUD", "UDS"}),
        ("Children of children of children", {"DDD"}),
        ("first_cousins_once_removed", {"UUUDD", "UUDDD"}),
    ],
)
def test_paths_of_a_line(text: str, expected: set[str]) -> None:
    assert set(parse_circle(text).paths) == expected


@pytest.mark.parametrize("degree", range(1, 9))
def test_number_of_paths_within_a_degree(degree: int) -> None:
    circle = parse_circle(f"chon<={degree}")
    assert len(circle.paths) == degree * (degree + 3) // 2
    assert circle.max_degree == degree
    assert set(circle.inverse().paths) == set(circle.paths)


def test_terms_stand_in_the_order_of_naming() -> None:
    circle = parse_circle("S + grandchildren + UUDD + siblings + parents + children + SU")
    assert circle.paths == ("D", "U", "DD", "UD", "UUDD", "S", "SU")


@pytest.mark.parametrize(
    ("text", "blood"),
    [
        ("chon<=4", Blood(4, "both", "*")),
        ("chon<=8, paternal", Blood(8, "paternal", "*")),
        ("chon<=5, maternal, male", Blood(5, "maternal", "m")),
        ("parents + children", Blood(1, "both", "*")),
        ("chon<=4, patriline", None),
        ("chon<=4 + S", None),
        ("chon=4", None),
        ("children", None),
    ],
)
def test_the_form_of_the_fast_kernel_is_recognised(text: str, blood: Blood | None) -> None:
    assert parse_circle(text).as_blood == blood


def test_sexes_on_the_way() -> None:
    assert parse_circle("first_cousins, paternal").terms == (Term("UUDD", "*m***"),)
    assert parse_circle("sisters of mother").terms == (Term("UUD", "*f*f"),)
    assert parse_circle("UUD, matriline").terms == (Term("UUD", "*ff*"),)
    assert parse_circle("daughters").inverse().terms == (Term("U", "f*"),)
    assert parse_circle("parents_in_law, female").terms == (Term("SU", "**f"),)


def test_a_comma_binds_to_its_part() -> None:
    assert parse_circle("spouse + UUD, paternal").terms == (Term("UUD", "*m**"), plain("S"))
    assert parse_circle("(UU + UUD), paternal").terms == (Term("UU", "*m*"), Term("UUD", "*m**"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("cousinz", "first_cousins|cousins"),
        ("chon<=0", "impossible"),
        ("chon<=17", "chon<=16"),
        ("mother, paternal", "impossible"),
        ("brothers, female", "impossible"),
        ("parents, half", "impossible"),
        ("parents +", "after the end"),
        ("parents children", "before 'children'"),
        ("(parents", "after the end"),
        ("parents, distant", "paternal"),
        ("offender + parents", "ego is never part"),
        ("parents ; children", "neither"),
        ("", "circle"),
        ("third_cousins of third_cousins of third_cousins", "at most 20 steps"),
    ],
)
def test_what_is_wrong_is_said(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        parse_circle(text)


def test_a_misspelt_name_is_met_with_the_near_ones() -> None:
    with pytest.raises(InputError) as error:
        parse_circle("parents + granchildren")
    assert "did you mean grandchildren" in error.value.allowed
    assert error.value.value == "granchildren"


def test_descriptions_name_path_degree_and_conditions() -> None:
    text = parse_circle("sisters of father + spouse + first_cousins, half").describe().splitlines()
    assert text == [
        "UUD        3 chon  aunts uncles (female, via Um)",
        "UUDD       4 chon  first cousins (half kin)",
        "S          0 chon  spouse",
    ]


def test_every_name_has_terms_that_fit_their_sexes() -> None:
    for name, terms in NAMED.items():
        assert terms, name
        for term in terms:
            assert len(term.sexes) == len(term.path) + 1, name
            assert check_path(term.path) == term.path
    assert make_circle(NAMED["third_cousins"]).paths == (blood_path(4, 4),)
