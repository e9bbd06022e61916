"""`drafter check`: is every track raised, and is anything wrong with the mail?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from drafter.cli.common import (
    AT_ONCE,
    BaseUrlOption,
    FormatOption,
    JsonOption,
    LibraryOption,
    ModelOption,
    NoStoreOption,
    OutOption,
    Output,
    ProviderOption,
    Run,
    SenderOption,
    StoreOption,
    Tally,
    failed_row,
    in_order,
    json_line,
    output,
    run_async,
    say,
    split_ids,
)
from drafter.errors import DrafterError, InputError, UsageError

if TYPE_CHECKING:
    from drafter.candidate import Candidate, Language, Sender
    from drafter.checker import Mail
    from drafter.library import Library, Track
    from drafter.report import Report

Drafts = Annotated[
    list[str], typer.Argument(help="Drafts (JSON, JSON Lines), a mail as .txt, or - for standard input.")
]


def check(
    drafts: Drafts,
    tracks: Annotated[str | None, typer.Option("--tracks", metavar="ID,ID", help="The tracks of a .txt mail.")] = None,
    candidate: Annotated[
        str | None, typer.Option("--candidate", metavar="FILE", help="Whom a .txt mail is to.")
    ] = None,
    sender: SenderOption = None,
    judge: Annotated[bool, typer.Option("--judge", help="Have a model look at each mail too (see --model).")] = False,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    provider: ProviderOption = None,
    store: StoreOption = None,
    no_store: NoStoreOption = False,
    library: LibraryOption = None,
    format: FormatOption = None,
    out: OutOption = None,
    json: JsonOption = False,
) -> None:
    """Check mails: each track with the sentence that carries it, and what else is to be said."""
    flags = {"library": library, "sender": sender, "model": model, "base_url": base_url, "provider": provider}
    run, tally = Run({**flags, "store": store}, keeps=not no_store), Tally()
    ids = split_ids(tracks)
    for track in ids:
        if track not in run.library.tracks:
            raise UsageError(f"no track “{track}” in the library", next="`drafter tracks` lists them")
    bench = _Bench(run, judged=judge)
    with output(out) as place:
        run_async(_check_all(bench, _records(drafts, format, ids, candidate, run.settings.sender), place, json, tally))
    raise typer.Exit(tally.exit_code)


_Record = tuple[str, Mapping[str, Any]]
"""Where a mail stands, and the mail as it was read."""


@dataclass
class _Bench:
    """All that is needed to check one mail."""

    run: Run
    judged: bool

    def __post_init__(self) -> None:
        from drafter.checker import Checker

        self.checker = Checker(self.run.library)
        self.client = self.run.connect("--judge") if self.judged else None
        self.judge = self.run.judge(self.client, self.checker) if self.client else None

    async def check(self, record: _Record) -> "Report | DrafterError":
        """Return what is found in a mail, or why it cannot be checked."""
        where, content = record
        try:
            mail = _mail(content, where, self.run)
        except DrafterError as error:
            return error
        report = self.checker.check(mail)
        if self.judge is None:
            return report
        with self.run.turn(mail.candidate, "check"):
            return await self.judge.judge(mail, report)

    async def close(self) -> None:
        """Give back the connections, and say what the judge took."""
        if self.judge and self.judge.spent.input:
            say(f"the judge took {self.judge.spent.input} tokens in, {self.judge.spent.output} out")
        if self.client is not None:
            await self.client.aclose()


async def _check_all(bench: _Bench, records: Iterator[_Record], place: Output, as_json: bool, tally: Tally) -> None:
    try:
        async for (where, record), report in in_order(records, bench.check, AT_ONCE if bench.judge else 1):
            id = str(record.get("id") or where)
            if isinstance(report, DrafterError):
                failed_row(place, as_json, id, report, tally)
                continue
            tally.done += report.ok
            tally.review += not report.ok
            _show(place, id, report, as_json)
    finally:
        await bench.close()


def _only_candidate(path: str) -> dict[str, Any]:
    """Read the one person that a text mail is to."""
    from drafter.tables import read_candidates

    row, *others = [*islice(read_candidates(path), 2), None][:2]
    if row is None or row.loaded is None:
        raise (row.error if row and row.error else InputError("holds no candidate", where=path))
    if others != [None]:
        raise InputError("holds several candidates", where=path, next="Give a file with the one the mail is to")
    return row.loaded.candidate.model_dump(mode="json", exclude_defaults=True)


def _records(
    paths: list[str], format: str | None, ids: tuple[str, ...], candidate: str | None, sender: object
) -> Iterator[_Record]:
    from drafter.tables import read_records

    person = _only_candidate(candidate) if candidate is not None else None
    for path in paths:
        if Path(path).suffix.lower() in (".txt", ".md", ".eml") and format is None:
            _say_what_is_missing(path, {"--tracks": ids, "--candidate": candidate, "--sender": sender})
            yield path, {**_plain_mail(Path(path)), "tracks": list(ids), "candidate": person}
            continue
        for entry in read_records(path, format=format):
            if entry.error is not None:
                yield entry.where, {"error": entry.error}
                continue
            record = dict(entry.record)
            if ids:
                record["tracks"] = list(ids)
            if person is not None:
                record["candidate"] = person
            _say_what_is_missing(entry.where, {key: record.get(key) for key in ("tracks", "candidate")})
            yield entry.where, record


def _say_what_is_missing(where: str, given: Mapping[str, object]) -> None:
    """Say what is not checked, so that nobody takes silence for praise."""
    missing = [name for name, value in given.items() if not value]
    if missing:
        say(f"note: {where}: no {', no '.join(missing)}; points, facts or the signature are not checked without")


def _plain_mail(path: Path) -> dict[str, Any]:
    """Read a mail kept as text: a first line `Subject: ...` or `主题：...` if there is one, then the body."""
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise InputError(f"cannot be read ({reason})", where=str(path)) from error
    head, _, rest = text.partition("\n")
    for mark in ("subject:", "subject：", "主题:", "主题："):
        if head.lower().startswith(mark):
            return {"id": path.name, "subject": head[len(mark) :].strip(), "body": rest.strip()}
    return {"id": path.name, "body": text}


def _mail(record: Mapping[str, Any], where: str, run: Run) -> "Mail":
    from drafter.checker import Mail

    if isinstance(error := record.get("error"), DrafterError):
        raise error
    if "error" in record and "body" not in record:
        raise InputError("is a failed row, not a draft", where=where)
    body, subject = record.get("body"), record.get("subject")
    if not isinstance(body, str):
        raise InputError("holds no “body”", where=where, next="A draft has id, language, subject, body and tracks")
    if subject is not None and not isinstance(subject, str):
        raise InputError("“subject” must be text", where=where)
    language = _language(record, body, where)
    tracks = tuple(_track(item, where, run.library) for item in _items(record.get("tracks"), where))
    return Mail(language, subject, body, tracks, _person(record, where), _writer(record, where, run))


def _language(record: Mapping[str, Any], body: str, where: str) -> "Language":
    """Return the language that the record names, else the one that the body is mostly in."""
    from drafter.text import han_share

    named = record.get("language") or record.get("lang")
    if named == "zh" or (named is None and han_share(body) > 0.4):
        return "zh"
    if named == "en" or named is None:
        return "en"
    raise InputError(f"language “{named}” is neither zh nor en", where=where)


def _items(tracks: Any, where: str) -> list[Any]:
    if tracks is None:
        return []
    if not isinstance(tracks, list):
        raise InputError("“tracks” must be a list of ids", where=where)
    return tracks


def _track(item: Any, where: str, library: "Library") -> "Track":
    id = item.get("track") if isinstance(item, Mapping) else item
    if id not in library.tracks:
        raise InputError(f"no track “{id}” in the library", where=where, next="`drafter tracks` lists them")
    return library.tracks[id]


def _person(record: Mapping[str, Any], where: str) -> "Candidate | None":
    from drafter.candidate import load_candidate

    person = record.get("candidate")
    if person is None:
        return None
    if not isinstance(person, Mapping):
        raise InputError("“candidate” must be an object", where=where)
    return load_candidate(person, where=where).candidate


def _writer(record: Mapping[str, Any], where: str, run: Run) -> "Sender | None":
    from drafter.candidate import load_sender, read_sender

    if (sender := record.get("sender")) is not None:
        return load_sender(sender, where=where)
    return read_sender(run.settings.sender) if run.settings.sender else None


def _show(place: Output, id: str, report: "Report", as_json: bool) -> None:
    if as_json:
        tracks = [verdict.as_json() for verdict in report.tracks]
        findings = [finding.model_dump() for finding in report.findings]
        place.line(json_line({"id": id, "ok": report.ok, "tracks": tracks, "findings": findings}))
        return
    place.line(f"{id}: {'ok' if report.ok else 'needs review'}")
    for verdict in report.tracks:
        place.line(f"  {verdict.verdict:8} {verdict.track}: {verdict.quote or '(no sentence)'}")
        place.line(f"           {verdict.why}")
    for finding in report.findings:
        place.line(f"  {finding.level:8} {finding.rule}: {finding.message}")
