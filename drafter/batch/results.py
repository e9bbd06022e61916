"""A run as tables: what was drafted, what a person must look at, what failed, and what was not to be drafted.

    drafts.csv         every draft, with all of the input's columns before it
    needs_review.csv   those of them that are not `ok`, with the reasons
    failed.csv         rows for which no mail came, with the reason
    rejected.csv       rows that were not to be drafted: unusable, twice in the file, not to be written to

Rows stand in the order of the input. UTF-8 with a mark, so that Excel shows Chinese; each file appears only when it is whole.
"""

import csv
import re
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

from drafter.errors import InputError
from drafter.store import Result, Run, Runs

OURS = (
    "subject", "body", "language", "tone", "field", "tracks", "quotes", "status", "findings", "cost", "draft", "model", "reused",
)  # fmt: skip
"""The columns of a draft, behind those of the input."""

_FORMULA = re.compile(r"\s*[=@\t\r]|\s*[+\-](?!\d[\d\s.,()/-]*$|\s*$)")
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.I)


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: with an apostrophe before it, where it would.

    A number with its sign, and a lone sign, stay as they are.
    """
    return f"'{cell}" if _FORMULA.match(cell) else cell


def file_name(position: int, name: str) -> str:
    """Return a name for a row's text file that every system takes, and that sorts like the rows.

    Args:
        position: of the row, from 0.
        name: the person's name, which may hold anything.
    """
    safe = _FORBIDDEN.sub(" ", unicodedata.normalize("NFC", name))
    safe = " ".join("".join(c for c in safe if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")).split())
    while len(safe.encode()) > 120:
        safe = safe[:-1]
    safe = safe.strip(". ")
    return f"{position + 1:06d} {'_' if _RESERVED.match(safe) else ''}{safe}".strip() + ".txt"


@dataclass(frozen=True)
class _Table:
    """One of the result files."""

    name: str
    columns: tuple[str, ...]
    holds: Callable[[Result], bool]
    cells: Callable[[Result], Mapping[str, str]]


def write_results(
    runs: Runs,
    run: Run,
    folder: Path,
    *,
    texts: bool = False,
    say: Callable[[str], None],
    watch: Callable[[Result], None],
) -> list[Path]:
    """Write all tables of a run, and return where they are.

    Args:
        runs: the store.
        run: the run.
        folder: where to.
        texts: also write a text file for each draft, into `mails/`.
        say: is told where a file could not be put in its place.
        watch: is shown every row.

    Raises:
        InputError: nothing can be written there.
    """
    try:
        with ExitStack() as stack:
            tables = [(table, stack.enter_context(_Rewritten(folder / table.name, say))) for table in TABLES]
            writers = [(table, _writer(table, run, file.file)) for table, file in tables]
            for result in runs.results(run):
                watch(result)
                for table, writer in writers:
                    if table.holds(result):
                        writer(result)
                if texts and result.draft:
                    _write_text(folder / "mails", result)
            return [file.done() for _, file in tables]
    except OSError as error:
        reason = error.strerror or str(error)
        hint = "Make room or choose another --out; every draft is kept, and the same command writes the tables"
        raise InputError(f"cannot be written ({reason})", where=str(error.filename or folder), next=hint) from error


def _writer(table: _Table, run: Run, file: IO[str]) -> Callable[[Result], None]:
    """Write the headings, and return what writes a row."""
    ours = table.columns
    # a heading of the input that is also one of ours gives way: scripts rely on ours
    theirs = {column: f"{column} (input)" if column in ours else column for column in run.columns}
    out = csv.writer(file)
    out.writerow([harmless(name) for name in (*theirs.values(), *ours)])

    def write(result: Result) -> None:
        cells = table.cells(result)
        given = (result.given.get(column, "") for column in theirs)
        out.writerow([harmless(cell) for cell in (*given, *(cells[column] for column in ours))])

    return write


class _Rewritten:
    """A file that is written beside its place and put there when it is whole."""

    def __init__(self, target: Path, say: Callable[[str], None]) -> None:
        self._target, self._say, self._done = target, say, False

    def __enter__(self) -> "_Rewritten":
        for left in self._target.parent.glob(f".{self._target.name}.*"):  # by a run that was killed
            left.unlink(missing_ok=True)
        self.file = NamedTemporaryFile(
            "w",
            dir=self._target.parent,
            prefix=f".{self._target.name}.",
            encoding="utf-8-sig",
            newline="",
            delete=False,
        )
        self._temporary = Path(self.file.name)
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        if not self._done:
            self._temporary.unlink(missing_ok=True)

    def done(self) -> Path:
        """Put the file into its place, or beside it where another program holds that open, as Excel does."""
        self.file.close()
        for number in range(1, 100):
            target = self._target if number == 1 else self._target.with_stem(f"{self._target.stem} ({number})")
            try:
                self._temporary.replace(target)
            except PermissionError:
                continue
            self._done = True
            if number > 1:
                self._say(f"{self._target.name} is open in another program; what is new stands in {target.name}")
            return target
        raise PermissionError(13, "may not be replaced", str(self._target))


def _write_text(folder: Path, result: Result) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    draft = result.draft or {}
    name = file_name(result.position, str(draft["candidate"].get("name", "")))
    to = draft["candidate"].get("email", "")
    head = f"To: {to}\n" if to else ""
    (folder / name).write_text(f"{head}Subject: {draft['subject']}\n\n{draft['body']}\n", encoding="utf-8")


def findings_of(result: Result) -> list[Mapping[str, str]]:
    """Return all findings about a row's draft as JSON holds them, errors first."""
    return sorted((result.draft or {}).get("findings", ()), key=lambda finding: finding["level"] != "error")


def reasons(result: Result) -> list[str]:
    """Return why a draft is not `ok`, in words for a person."""
    missing = [
        f"point {verdict['track']} is {'missing' if verdict['verdict'] == 'absent' else 'not surely raised'}"
        for verdict in (result.draft or {}).get("tracks", ())
        if verdict["verdict"] != "present"
    ]
    return [*missing, *(finding["message"] for finding in findings_of(result) if finding["level"] == "error")]


def _drafted(result: Result) -> dict[str, str]:
    draft: Mapping[str, Any] = result.draft or {}
    findings = (
        f"{f['level']}: {f['message']}{f' [{quote}]' if (quote := f['quote']) else ''}" for f in findings_of(result)
    )
    cost = draft["usage"]["cost"]
    return {
        "subject": draft["subject"],
        "body": draft["body"],
        "language": draft["language"],
        "tone": draft["tone"],
        "field": draft["fields"][0]["field"] if draft["fields"] else "",
        "tracks": "; ".join(verdict["track"] for verdict in draft["tracks"]),
        "quotes": "\n".join(f"{v['track']} ({v['verdict']}): {v['quote']}" for v in draft["tracks"]),
        "status": result.status,
        "findings": "\n".join(findings),
        "cost": "" if cost is None else f"{cost:.6f}".rstrip("0").rstrip("."),
        "draft": draft["id"],
        "model": draft["model"],
        "reused": "yes" if result.reused else "",
    }


def _reviewed(result: Result) -> dict[str, str]:
    return {**_drafted(result), "reasons": "\n".join(reasons(result))}


def _undone(result: Result) -> dict[str, str]:
    place, _, line = result.place.rpartition(":")
    return {"file": place or result.place, "line": line if place else "", "reason": result.reason}


_PLACE = ("file", "line", "reason")
TABLES = (
    _Table("drafts.csv", OURS, lambda result: result.draft is not None, _drafted),
    _Table("needs_review.csv", (*OURS, "reasons"), lambda result: result.status == "needs_review", _reviewed),
    _Table("failed.csv", _PLACE, lambda result: result.status == "failed", _undone),
    _Table("rejected.csv", _PLACE, lambda result: result.status == "rejected", _undone),
)
"""The result files."""
