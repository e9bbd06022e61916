"""Print every figure on the labelled cases: `make eval`. With `--wrong`, the errors as well."""

import argparse
import json
from pathlib import Path
from typing import Any

from bench import mails as on_mails
from bench import score
from drafter.candidate import load_candidate
from drafter.checker import Checker, Mail
from drafter.library import Library, load_library
from drafter.planning import Planner
from drafter.settings import data_path

CASES = Path(__file__).parent / "cases"


def rows(name: str) -> list[dict[str, Any]]:
    """Read one file of cases."""
    lines = (CASES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def candidate(row: dict[str, Any]) -> Any:
    """Make the candidate of a case."""
    return load_candidate({"id": row["id"], **row["profile"]}).candidate


def mapped(planner: Planner, gold: list[dict[str, Any]]) -> dict[str, Any]:
    """Map all candidates."""
    return {r["id"]: {"fields": [m.as_json() for m in planner.mapper.map(candidate(r))]} for r in gold}


def selected(planner: Planner, gold: list[dict[str, Any]]) -> dict[str, Any]:
    """Rank the tracks of the labelled field for all candidates."""
    found = {r["id"]: planner.selector.rank(candidate(r), r["field"]) for r in gold}
    return {id: {"tracks": [match.as_json() for match in matches]} for id, matches in found.items()}


def checked(library: Library, gold: list[dict[str, Any]]) -> dict[str, Any]:
    """Check all mails."""
    checker, result = Checker(library), {}
    for row in gold:
        tracks = tuple(library.tracks[j["track"]] for j in row["judgements"])
        report = checker.check(Mail(row["lang"], row["subject"], row["body"], tracks))
        result[row["id"]] = {"tracks": [verdict.as_json() for verdict in report.tracks]}
    return result


def figures(folder: Path | None = None, *, errors: bool = False) -> list[str]:
    """Measure everything and return the lines to print.

    Args:
        folder: the library; the bundled one if None.
        errors: list the wrong cases too.
    """
    library = load_library(folder or data_path("library"), table=data_path("library"))
    planner = Planner(library)
    mapping, selection, mails = rows("mapping"), rows("selection"), rows("checker_zh") + rows("checker_en")
    passages, written = rows("passages"), rows("mails")
    lines: list[str] = []
    for title, (measured, wrong) in {
        "field mapping": score.mapping(mapping, mapped(planner, mapping)),
        "track selection": score.selection(selection, selected(planner, selection)),
        "point raised": score.checker(mails, checked(library, mails)),
    }.items():
        lines += [title, *(f"  {line}" for line in measured), *(f"    {line}" for line in wrong if errors)]
    more = {
        "passages that come out as labelled": on_mails.passages(library, passages),
        "facts": on_mails.facts(library, written),
        "removal": on_mails.removal(library, mails),
        "freely written mails": on_mails.own_mails(library, written),
    }
    return lines + [line for title, measured in more.items() for line in (title, *(f"  {m}" for m in measured))]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wrong", action="store_true", help="list the wrong cases too")
    parser.add_argument("--library", type=Path, help="a library of one's own")
    options = parser.parse_args()
    print(*figures(options.library, errors=options.wrong), sep="\n")


if __name__ == "__main__":
    main()
