"""Known faults of the packages that yeonjwa needs, where the registry says them: run in continuous integration.

    python tools/audit_dependencies.py

Asks for the packages that are installed and that yeonjwa with its extras ``web`` and ``postgres`` needs, no others. Ends with 1 if one of
them has a known fault for which a newer version is there; says loudly, and ends with 0, if nobody can be asked.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

EXTRAS = ("web", "postgres")


def needed(name: str = "yeonjwa", extras: tuple[str, ...] = EXTRAS) -> dict[str, str]:
    """Installed packages that a package needs, directly or not, with their versions; itself left out."""
    found: dict[str, str] = {}
    waiting = [(name, extras)]
    seen = set()
    while waiting:
        package, wanted = waiting.pop()
        if (package, wanted) in seen:
            continue
        seen.add((package, wanted))
        try:
            about = metadata.distribution(package)
        except metadata.PackageNotFoundError:
            continue
        if package != name:
            found[package] = about.version
        for line in about.requires or []:
            requirement, _, marker = line.partition(";")
            extra = re.search(r"extra\s*==\s*['\"]([\w-]+)['\"]", marker)
            if extra and extra[1] not in wanted:
                continue
            match = re.match(r"\s*([\w.-]+)\s*(?:\[([^\]]*)\])?", requirement)
            if match:
                below = tuple(part.strip() for part in (match[2] or "").split(",") if part.strip())
                waiting.append((re.sub(r"[-_.]+", "-", match[1]).lower(), below))
    return found


def ask(packages: dict[str, str]) -> Any:
    """What pip-audit answers, or a sentence why it does not."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "installed.txt"
        file.write_text("".join(f"{name}=={version}\n" for name, version in sorted(packages.items())))
        line = [
            sys.executable,
            "-m",
            "pip_audit",
            "-r",
            str(file),
            "--no-deps",
            "--disable-pip",
            "-f",
            "json",
        ]
        try:
            done = subprocess.run(
                [*line, "--timeout", "15"], capture_output=True, text=True, timeout=240, check=False
            )
        except subprocess.TimeoutExpired:
            return "no answer within four minutes"
    try:
        return json.loads(done.stdout)
    except ValueError:
        said = (done.stderr.strip() or "no answer").splitlines()
        return said[-1][:300]


def judge(answer: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Faults for which a newer version is there, and those for which none is, one line each."""
    mended, open_ = [], []
    for package in answer.get("dependencies", []):
        for fault in package.get("vulns", []):
            fixes = ", ".join(fault.get("fix_versions", []))
            line = f"{package['name']} {package['version']}: {fault['id']}"
            (mended if fixes else open_).append(f"{line}, mended in {fixes}" if fixes else line)
    return mended, open_


def main() -> int:
    """Ask, say what was found, and give back the exit code."""
    packages = needed()
    answer = ask(packages)
    if isinstance(answer, str):
        print(f"DEPENDENCIES NOT AUDITED: {answer}", file=sys.stderr)
        return 0
    mended, open_ = judge(answer)
    passed_over = [package["name"] for package in answer.get("dependencies", []) if "vulns" not in package]
    audited = len(answer.get("dependencies", [])) - len(passed_over)
    if not audited:
        print("DEPENDENCIES NOT AUDITED: the registry knows nothing of their faults", file=sys.stderr)
        return 0
    for line in open_:
        print(f"known fault, no newer version: {line}")
    for line in mended:
        print(f"known fault, take the newer version: {line}", file=sys.stderr)
    if passed_over:
        print(f"NOT AUDITED: {', '.join(passed_over)}", file=sys.stderr)
    print(f"{audited} packages audited, {len(mended) + len(open_)} known faults")
    return 1 if mended else 0


if __name__ == "__main__":
    sys.exit(main())
