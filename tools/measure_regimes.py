"""Count whom each regime of the catalogue names in one population, for the pages of regimes.

    python tools/measure_regimes.py

writes ``src/yeonjwa/observatory/evidence/data/regimes.json``: what ``yeonjwa regimes compare --json`` gives, without its
breakdowns, and what it was counted with. Run it again after a change of the catalogue or of the demography; it takes two minutes.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

import yeonjwa
from yeonjwa.observatory.evidence import counted
from yeonjwa.regimes import compare

TARGET = ROOT / "src" / "yeonjwa" / "observatory" / "evidence" / "data" / "regimes.json"


def kept(value: Any) -> bool:
    """Whether a value is one number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def main() -> None:
    """The whole catalogue on the default population."""
    answer = compare()
    rows = {
        row["id"]: {k: round(v, 6) for k, v in row.items() if kept(v) and not k.endswith("_degree")}
        for row in answer["regimes"]
    }
    content = {
        "synthetic": True,
        "command": "yeonjwa regimes compare --json",
        "measured": datetime.now(UTC).date().isoformat(),
        "version": yeonjwa.__version__,
        "inputs": counted.inputs(),
        "population": answer["population"],
        "regimes": rows,
    }
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"written: {TARGET.relative_to(ROOT)}, {len(rows)} regimes")


if __name__ == "__main__":
    main()
