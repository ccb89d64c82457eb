"""Labels from a table: a CSV file as spreadsheets and scripts write it."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from unicodedata import normalize

from tlnb.core.errors import DataError, did_you_mean
from tlnb.data.cards import Problem
from tlnb.data.opening import reason_of

Row = tuple[Path, dict[str, str]]


def rows_of_table(root: Path, table: Path, problems: list[Problem]) -> list[Row]:
    """Read files with their labels and other columns from a table; lines that cannot be used become problems.

    Raises
    ------
    DataError
        No such table, none that can be read, or without the columns ``file`` and ``label``.
    """
    rows: list[Row] = []
    seen = set()
    for line in _lines(table):
        row = {name: (line[name] or "").strip() for name in line if name is not None}
        file = _find(root, row.pop("file"))
        if file in seen:
            problems.append(Problem(file, "it is listed twice; the first line counts"))
        elif not _is_there(file):
            problems.append(Problem(file, "it is listed, but there is no such file"))
        elif not row["label"]:
            problems.append(Problem(file, "it has no label"))
        else:
            rows.append((file, row))
        seen.add(file)
    if not rows:
        raise DataError(f"no file that {table} lists is in {root}: its column file is relative to that folder.")
    return rows


def _lines(table: Path) -> list[dict[str, str | None]]:
    """Read the table with the names of its columns."""
    if not table.is_file():
        raise DataError(f"there is no file {table}: labels= takes the path of a CSV file.")
    try:
        text = table.read_text(encoding="utf-8-sig")  # spreadsheets write a byte-order mark
    except UnicodeDecodeError:
        raise DataError(f'{table} is not in UTF-8: save it anew as "CSV UTF-8".') from None
    except OSError as error:
        raise DataError(f"{table} cannot be read: {reason_of(error)}.") from error
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        names = [name.strip() for name in reader.fieldnames or []]
        for wanted in ("file", "label"):
            if wanted not in names:
                raise DataError(
                    f"{table} has no column {wanted!r} but {', '.join(names) or 'nothing'}: the first line names "
                    f"the columns, file and label at least.{did_you_mean(wanted, names)}"
                )
        reader.fieldnames = names
        return list(reader)
    except csv.Error as error:
        raise DataError(f"{table} is no table that can be read, near line {reader.line_num}: {error}.") from error


def _find(root: Path, name: str) -> Path:
    """Say which file a table means: spelt as written, with Windows' slashes, or with accents as macOS keeps them."""
    spellings = dict.fromkeys((name, name.replace("\\", "/")))
    spellings |= dict.fromkeys(normalize(form, spelling) for form in ("NFC", "NFD") for spelling in (*spellings,))
    return next((root / spelling for spelling in spellings if _is_there(root / spelling)), root / name)


def _is_there(file: Path) -> bool:
    try:
        return file.is_file()
    except (OSError, ValueError):  # too long a name, a folder that may not be entered
        return False
