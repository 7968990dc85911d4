"""Measure the findings of the overview: paired comparisons of shipped scenarios, written with what made them.

    python tools/measure_findings.py [--scale 0.01] [--seeds 6] [--workers 1]

writes ``src/yeonjwa/observatory/pages/data/findings.json``. The page makes its sentences from this file; nothing in them is
typed. Run it again after a change that moves results of the model.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

import yeonjwa
from yeonjwa.core.calendar import parse_month
from yeonjwa.laboratory.comparison import compare
from yeonjwa.laboratory.scenario import load
from yeonjwa.laboratory.store import plain

TARGET = ROOT / "src" / "yeonjwa" / "observatory" / "pages" / "data" / "findings.json"
FIRST, LAST = "2010-01", "2014-12"
#: What is compared: arms, the first being that against which the others are held, and the results.
SETS = (
    (
        ("baseline", "liability_off", "severity_flat", "severity_again_doubled"),
        ("support.amount", "support.fear_share", "signal.bluff_share", "signal.hints", "flight.arrivals"),
    ),
    (
        ("baseline", "vetting_depth_2", "vetting_depth_4", "vetting_depth_6", "vetting_depth_8"),
        ("vetting.refused_share",),
    ),
)


def main(scale: float, seeds: int, workers: int) -> None:
    """All sets."""
    sets = []
    for arms, measures in SETS:
        found = compare(
            *arms,
            seeds=seeds,
            scale=scale,
            first=parse_month(FIRST),
            last=parse_month(LAST),
            measures=measures,
            headline=measures[0],
            workers=workers,
        )
        rows = []
        for against in found.against:
            for measure in measures:
                row = against[measure].as_dict()
                rows.append({"arm": against.arm, **{k: v for k, v in row.items() if k != "doubt"}})
        sets.append(
            {
                "arms": list(arms),
                "parameter_hashes": {arm.name: arm.parameter_hash for arm in found.arms},
                "severity_2012": {
                    name: load(name).parameters["loss.severity"].at(parse_month("2012-06")) for name in arms
                },
                "rows": rows,
                "command": "yeonjwa compare "
                + " ".join(arms)
                + f" --scale {scale:g} --seeds {seeds} --from {FIRST} --to {LAST}"
                + "".join(f" --measure {m}" for m in measures),
                "notes": list(found.notes),
            }
        )
    content = {
        "synthetic": True,
        "made_by": "tools/measure_findings.py",
        "version": yeonjwa.__version__,
        "scale": scale,
        "seeds": list(range(1, seeds + 1)),
        "first": FIRST,
        "last": LAST,
        "sets": sets,
    }
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(plain(content), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(TARGET.relative_to(ROOT))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", type=float, default=0.01)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    main(given.scale, given.seeds, given.workers)
