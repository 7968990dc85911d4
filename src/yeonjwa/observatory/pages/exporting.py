"""Files of a run for taking away: figures, tables, data, and one ZIP with a list of what is in it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from yeonjwa.core import language
from yeonjwa.core.errors import InputError
from yeonjwa.observatory.pages import sheets, stored
from yeonjwa.report import sheet

#: First characters by which a spreadsheet takes a cell for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
#: What every picture and the list of the archive say.
SYNTHETIC: Final = language.noop("Synthetic persons: nobody in it exists or ever did.")
TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "toml": "application/toml",
    "txt": "text/plain; charset=utf-8",
    "bib": "text/plain; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "zip": "application/zip",
}


def cell(value: Any) -> Any:
    """A value for a CSV file: a text that a spreadsheet would calculate is quoted with an apostrophe."""
    if not isinstance(value, str) or not value.startswith(_FORMULA):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as the text of a CSV file."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerows([cell(value) for value in row] for row in rows)
    return stream.getvalue()


def picture(svg: str, kind: str) -> bytes:
    """A drawing as a file: ``svg``, ``png`` or ``pdf``."""
    if kind == "svg":
        return svg.encode()
    import vl_convert

    from yeonjwa.report import theme
    from yeonjwa.report.keyfitz import with_fonts_apart

    vl_convert.register_font_directory(theme.font_folder())
    # Without a browser the first family is taken for all characters it lacks too.
    named = with_fonts_apart(svg)
    found = vl_convert.svg_to_png(named, scale=2) if kind == "png" else vl_convert.svg_to_pdf(named)
    return bytes(found)


def data_csv(folder: Path, name: str) -> bytes:
    """``series`` or ``flows`` of a run as CSV, the same rows as in its Parquet file."""
    import duckdb

    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT * FROM read_parquet(?) ORDER BY ALL", [str(folder / f"{name}.parquet")]
        )
        head = [column[0] for column in found.description]
        rows = found.fetchall()
    return csv_text([head, *rows]).encode()


def file(folder: Path, name: str) -> bytes:
    """One file of the exports of a run.

    Parameters
    ----------
    folder : Path
        The run folder.
    name : str
        A file of the manifest, ``manifest.json``, ``series.csv``, ``flows.csv``, ``tables/….csv``, ``figures/….svg`` (``.png``,
        ``.pdf``).

    Raises
    ------
    InputError
        The run has no such file.
    """
    first, _, rest = name.partition("/")
    stem, _, kind = rest.rpartition(".")
    if name in ("series.csv", "flows.csv"):
        return data_csv(folder, name.partition(".")[0])
    if first == "figures" and kind in ("svg", "png", "pdf"):
        drawings = stored.report(folder).drawings
        if stem in drawings:
            return picture(sheets.alone(drawings[stem], _note(folder)), kind)
    elif first == "tables" and kind == "csv":
        tables = stored.report(folder).tables
        if stem in tables:
            return csv_text(tables[stem].rows).encode()
    elif name == sheet.file_name("report.html"):
        return stored.page(folder).read_bytes()
    elif name == "manifest.json" or name in stored.manifest(folder)["files"]:
        path = (folder / name).resolve()
        if path.parent == folder.resolve() and path.is_file():
            return path.read_bytes()
    raise InputError("file", name, "a file of this run")


def _note(folder: Path) -> str:
    """What every picture says of itself."""
    command = stored.manifest(folder).get("command", "")
    return f"{language.gettext(SYNTHETIC)}\n{command}".rstrip()


def listed(folder: Path) -> list[tuple[str, int]]:
    """Data files of a run with their sizes in bytes: name, size."""
    files = stored.manifest(folder)["files"]
    size = (folder / "manifest.json").stat().st_size
    return [("manifest.json", size), *((name, int(files[name]["bytes"])) for name in sorted(files))]


def names(folder: Path) -> list[str]:
    """Everything that the ZIP of a run holds, in order; figures and tables are in the active language."""
    report = stored.report(folder)
    return [
        *(name for name, _ in listed(folder)),
        *([] if language.active() == "en" else [sheet.file_name("report.html")]),
        "series.csv",
        "flows.csv",
        *(f"tables/{name}.csv" for name in report.tables),
        *(f"figures/{name}.{kind}" for name in report.drawings for kind in ("svg", "png", "pdf")),
    ]


def is_current(folder: Path, target: Path) -> bool:
    """Whether the ZIP of a run is there, and not older than the run."""
    return target.is_file() and target.stat().st_mtime_ns >= (folder / "manifest.json").stat().st_mtime_ns


def archive(folder: Path, target: Path) -> Path:
    """The path of a ZIP with everything and ``contents.json``, made at the first call.

    Parameters
    ----------
    folder : Path
        The run folder.
    target : Path
        Where the ZIP is kept.
    """
    if is_current(folder, target):
        return target
    handle, name = tempfile.mkstemp(dir=target.parent, suffix=".zip.part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as pack:
            contents = []
            for entry in names(folder):
                data = file(folder, entry)
                contents.append(
                    {"path": entry, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
                )
                pack.writestr(zipfile.ZipInfo(entry), data, zipfile.ZIP_DEFLATED)
            about = {
                "synthetic": True,
                "note": SYNTHETIC,
                "command": stored.manifest(folder).get("command", ""),
                "files": contents,
            }
            pack.writestr(
                zipfile.ZipInfo("contents.json"),
                json.dumps(about, indent=1, ensure_ascii=False),
                zipfile.ZIP_DEFLATED,
            )
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return target
