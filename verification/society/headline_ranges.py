"""Headline results over the ranges of the parameters, each moved alone: the second table of docs/joint_fit.md.

    python -m verification.society.headline_ranges

Everything comes from the movements that ship with the package (``laboratory/data/influence.csv``); nothing is run.
"""

from __future__ import annotations

from yeonjwa.laboratory import influence, scenario

HEADLINES = (
    "flight.arrivals", "flight.attempts", "support.amount", "support.transfers", "support.fear_share", "signal.hints",
    "signal.bluff_share", "enforcement.sanctioned", "camp.stock", "camp.deaths", "recall.flight", "recall.recalled",
    "vetting.refused_share", "belief.perceived", "exposure.loss",
)  # fmt: skip


def lines() -> list[str]:
    """The table in Markdown."""
    moved, grades = influence.load(), influence.ranged(scenario.load().parameters)
    found = [
        "| result | as it is | lowest | by | highest | by | moved by | assumed |",
        "|---|---:|---:|---|---:|---|---:|---:|",
    ]
    for measure in HEADLINES:
        basis = influence.basis(measure, grades, moved)
        cells = [f"`{measure}`", figure(moved.about["chance"][measure]["mean"])]
        ends = [(getattr(e, side), e.path, side) for e in basis.effects for side in influence.SIDES]
        for value, path, side in (min(ends), max(ends)) if ends else ():
            cells += [figure(value), f"`{path}` {side}"]
        cells += [] if ends else ["", "within chance", "", "within chance"]
        assumed = "" if basis.assumed is None else f"{100 * basis.assumed:.0f} %"
        found.append("| " + " | ".join([*cells, str(len(basis.effects)), assumed]) + " |")
    return found


def figure(value: float) -> str:
    """Three digits that count."""
    rounded = float(f"{value:.3g}")
    return f"{rounded:,.0f}" if abs(value) >= 100 else f"{rounded:g}"


if __name__ == "__main__":
    print("\n".join(lines()))
