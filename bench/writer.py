"""Mails that pass the checks, made in microseconds: what the benchmark's model server answers.

The library's own sentences for the points asked for, salutation and a title from the request, request and signature from the
system message. In the middle of each sentence stands the candidate's name, so that no two mails of a batch share a sentence.
Nobody should read them, and a test of the prompts could go by nothing in them.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from drafter.address import sign_off
from drafter.batch.across import sentence_keys
from drafter.candidate import Candidate, Language, load_sender
from drafter.checker import Checker, Mail
from drafter.composer import ask_line, fill, sender_line
from drafter.library import Library, Track
from drafter.text import sentences

NAME = "{name}"
"""Stands in a sentence where the candidate's name is put."""

_ASKED = re.compile(
    r"Every point must be raised: ([^\n]+)\.\n.*?# Person\n\nName: ([^\n]*)\nWrite in: (\w+)\nSalutation: ([^\n]*)",
    re.S,
)
_TITLE = re.compile(r'\n +"title": "([^"\\\n]+)"')
_SENDER = re.compile(r"# Sender\n\n(.*?)\n\n# Tone", re.S)
_ASK = re.compile(r"One request, at the end[^:\n]*: ([^\n]+)")

_LANGUAGES: Mapping[str, Language] = {"Chinese": "zh", "English": "en"}
_WORKS: Mapping[Language, tuple[str, ...]] = {
    "zh": ("《{}》", "您的研究", "您手上的工作"),
    "en": ("your paper “{}”", "your research", "what you do now"),
}
"""What is put for the candidate's work: a paper first, where there is one, and then these."""

_TRIED: Mapping[Language, tuple[str, ...]] = {
    "zh": ("毛舒昭", "毛舒允", "毛言昭", "黎舒昭"),
    "en": ("Romira Jorvorstad", "Romira Dalvorman", "Talio Jorvorstad"),
}
"""Names that sentences are tried with; they share parts, as names do."""

_TRIED_TITLE = "Slow Answers: A Case Without Borders"


class Writer:
    """Writes the mail that a request asks for.

    Args:
        library: whose sentences it takes; of those, the ones that pass the checks whatever the person.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        checker = Checker(library)
        self._lines = {
            (track.id, language): lines_of(checker, track, language) for track in library for language in _WORKS
        }

    def write(self, system: str, user: str, variant: int) -> str:
        """Return the answer to two messages, as JSON; an empty object where they ask for no mail.

        Args:
            system: the first message.
            user: the first message of the user.
            variant: any number; another one gives other wordings.
        """
        asked = _ASKED.search(user)
        if asked is None:
            return "{}"
        ids, name, language_name, salutation = asked.groups()
        tracks, language = ids.split(", "), _LANGUAGES[language_name]
        title = _TITLE.search(user, asked.end())
        raised = self._raised(tracks, language, title[1] if title else "", variant)
        frame = read_frame(system, language)
        join = "" if language == "zh" else " "
        topic = self._library.fields[self._library.tracks[tracks[0]].field].name
        subject = f"想就{topic.zh}请教您" if language == "zh" else f"Asking about {topic.en or topic.zh}"
        paragraphs = (salutation, f"{raised[0]}{join}{frame.who}", join.join(raised[1:]), frame.ask, frame.close)
        claims = [{"track": id, "quote": quote} for id, quote in zip(tracks, raised, strict=True)]
        answer = {"subject": subject, "body": "\n\n".join(filter(None, paragraphs)), "tracks": claims}
        return json.dumps(answer, ensure_ascii=False).replace(NAME, json.dumps(name, ensure_ascii=False)[1:-1])

    def _raised(self, tracks: Sequence[str], language: Language, title: str, variant: int) -> list[str]:
        """Return a sentence for each track, the first of them about a paper if the record has one."""
        paper, *works = _WORKS[language]
        works = [paper.format(title) if title else works[0], *works]
        lines = [self._lines[id, language] for id in tracks]
        return [
            fill(line[variant % len(line)], work, language)
            for line, work in zip(lines, works[: len(lines)], strict=True)
        ]


def lines_of(checker: Checker, track: Track, language: Language) -> tuple[str, ...]:
    """Return the sentences of a track that raise it without a fault, with a place for a name; as they are where none does."""
    own = (track.say.zh if language == "zh" else track.say.en) or (f"{{work}}：{track.text(language)}",)
    person = Candidate.model_validate({"name": _TRIED[language][0], "papers": [_TRIED_TITLE]})

    def passes(line: str) -> bool:
        return all(map(passes_as, filled(line)))

    def passes_as(body: str) -> bool:
        report = checker.check(Mail(language, None, body.replace(NAME, person.name), (track,), person))
        faults = [finding for finding in report.errors if not finding.rule.startswith("form.")]
        return not faults and report.tracks[0].verdict == "present"

    def filled(line: str) -> list[str]:
        return [fill(line, work.format(_TRIED_TITLE), language) for work in _WORKS[language]]

    def apart(line: str) -> bool:
        return all(_apart(body, language) for body in filled(line))

    named = (next(_with_name(line, language, lambda text: apart(text) and passes(text)), None) for line in own)
    return tuple(filter(None, named)) or own


def _with_name(line: str, language: Language, good: Callable[[str], bool]) -> Iterator[str]:
    """Yield the sentence with a place for a name, where it is good: at a comma if possible, and else near the middle."""
    gaps = [
        match.start() for match in re.finditer(" " if language == "en" else r"(?<=[^ -~“《])(?=[^ -~”》，。？])", line)
    ]
    middle = len(line) / 2
    commas = "，" if language == "zh" else ","
    gaps.sort(key=lambda at: (line[at - 1] not in commas, abs(at - middle)))
    for at in gaps:
        before, after = line[:at], line[at:]
        if before.count("{") != before.count("}"):
            continue
        if language == "en":
            text = f"{before.removesuffix(',')}, {NAME},{after}"
        else:
            text = f"{before.removesuffix('，')}，{NAME}，{after}"
        if good(text):
            yield text


def _apart(body: str, language: Language) -> bool:
    """Say whether a sentence is another one for another name, as the look at a whole batch sees it."""
    seen: set[int] = set()
    for name in _TRIED[language]:
        prose = Mail(language, None, f"A:\n\n{body.replace(NAME, name)}").prose
        keys = {key for sentence in sentences(prose) for key in sentence_keys(sentence.text)}
        if keys & seen:
            return False
        seen |= keys
    return True


@dataclass(frozen=True)
class Frame:
    """What stands in all mails of a sender in one language: who writes, the request, the sign-off."""

    who: str
    ask: str
    close: str


@lru_cache(maxsize=64)
def read_frame(system: str, language: Language) -> Frame:
    """Return what a system message says of the sender, in sentences; read once for all requests of a run."""
    block, ask = _SENDER.search(system), _ASK.search(system)
    told, _, signature = (block[1] if block else "Name: A\nLab: B").partition("\nSignature lines:\n")
    facts = dict(line.split(": ", 1) for line in told.split("\n") if ": " in line)
    sender = load_sender(
        {
            "name": facts.get("Name", "A"),
            "role": facts.get("Role", ""),
            "lab": facts.get("Lab", "B"),
            "call_to_action": ask[1] if ask else "",
            "signature": signature.split("\n") if signature else [],
        }
    )
    who = sender_line(sender, language, "")
    who = next(_with_name(who, language, lambda text: _apart(text, language)), who)
    return Frame(who, ask_line(sender, language), "\n".join(sign_off(sender, language)))
