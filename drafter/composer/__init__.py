"""The offline writer: a plan becomes a mail without any model, from the library's own sentences.

Deterministic: the same plan gives the same mail. Everything it says about the person is taken over from the record, so it
can be short of ideas but not of truth. Its mails are labelled `offline` wherever they are shown.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from drafter.address import greeting, sign_off
from drafter.candidate import Language, Sender
from drafter.composer.topics import Topics
from drafter.composer.voice import about_bio, about_paper
from drafter.composer.work import Work, decapitalize, for_track, pieces, spaced
from drafter.errors import ModelError
from drafter.library import Field, Library, Track
from drafter.planning import Plan
from drafter.report import Quote, Reply
from drafter.text import count_han, count_words
from drafter.tones import Tone, Voice

T = TypeVar("T")


class Composer:
    """Writes mails offline over one library.

    Args:
        library: the tracks and their sentences.
        tones: what to make of a plan's tone; none knows only the plain one.
    """

    name = "offline"

    def __init__(self, library: Library, tones: Mapping[str, Tone] | None = None) -> None:
        self._library, self._tones = library, tones or {}
        self._topics = Topics(library)

    def compose(self, plan: Plan, attempt: int = 0) -> Reply:
        """Write the mail of a plan.

        Args:
            plan: what to write.
            attempt: 0, 1, ...: another number gives other wordings of the same points.

        Raises:
            ModelError: an English mail from tracks that have no English.
        """
        return _Mail(self._library, self._topics, plan, attempt, self._tones.get(plan.tone)).write()

    def has_tone(self, name: str) -> bool:
        """Say whether mails in a tone differ from plain ones."""
        return name in self._tones and self._tones[name].offline is not None


class _Mail:
    """One mail while it is written."""

    def __init__(self, library: Library, topics: Topics, plan: Plan, attempt: int, tone: Tone | None) -> None:
        self.library, self.topics, self.plan, self.attempt = library, topics, plan, attempt
        self.voice = tone.voice(plan.language) if tone else Voice()
        self.short = bool(tone and tone.offline and tone.offline.short)
        self.zh = plan.language == "zh"
        self.works = pieces(plan.candidate, plan.language, self.number("work"))
        self.named: list[Work] = []

    def number(self, salt: str) -> int:
        angle = f"/{self.plan.angle}" if self.plan.angle else ""
        text = f"{self.plan.seed}{angle}/{self.attempt}/{salt}"
        return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)

    def pick(self, salt: str, options: Sequence[T]) -> T:
        return options[self.number(salt) % len(options)]

    def write(self) -> Reply:
        plan = self.plan
        opening = self.after_earlier_mail() if plan.thread else self.opening()
        raised = self.raised()
        sentences = [sentence for _, sentence in raised]
        sentences[0] = self.lead() + sentences[0]
        known = bool(plan.thread)  # who writes and what is offered stood in the first mail
        who = "" if known else sender_line(plan.sender, plan.language, "" if self.short else self.relevant_work())
        ask = ("" if known or self.short else self.offer()) + ask_line(plan.sender, plan.language)
        blocks = self.arrange(opening, sentences, who, ask)
        close = sign_off(plan.sender, plan.language, variant=self.number("close"))
        if self.voice.close:
            close[0] = self.pick("close", self.voice.close)
        hello = greeting(plan.candidate, plan.language)
        paragraphs = [hello, *blocks, "\n".join(close)]
        body = "\n\n".join(p for p in paragraphs if p)
        return Reply(subject=self.subject(), body=body, tracks=tuple(Quote(track=t, quote=s) for t, s in raised))

    def arrange(self, opening: str, raised: list[str], who: str, ask: str) -> list[str]:
        """Put the parts in one of several orders; the person's work always comes before the first question."""
        join = "" if self.zh else " "
        if not opening:
            orders = [
                [[raised[0], who], [*raised[1:]], [ask]],
                [[raised[0]], [who, *raised[1:]], [ask]],
                [[raised[0]], raised[1:], [who, ask]],
            ]
        else:
            orders = [
                [[opening, who], raised, [ask]],
                [[opening, raised[0]], raised[1:], [who, ask]],
                [[opening, raised[0]], [who, *raised[1:]], [ask]],
                [[opening], [*raised], [who, ask]],
            ]
        return [join.join(part for part in block if part) for block in self.pick("order", orders)]

    def lead(self) -> str:
        """Return the tone's sentence before the questions, "" if it has none."""
        if not self.voice.lead or self.plan.thread:
            return ""
        count = len(self.plan.tracks)
        words = {2: ("两", "two"), 3: ("三", "three")}.get(count, ("几", "some"))
        line = self.pick("lead", self.voice.lead).format(count=words[0] if self.zh else words[1])
        return line if self.zh else f"{line[0].upper()}{line[1:]} "

    def after_earlier_mail(self) -> str:
        """Return a light reference to the mail before."""
        if self.zh:
            return self.pick(
                "open",
                (
                    "接着上一封信，再换个角度问问。",
                    "上一封信之后，又想到别的问题，写得短一些。",
                    "还是上次那封信的由头，这回问的是另外的事。",
                ),
            )
        return self.pick(
            "open",
            (
                "One more note after my earlier mail, on other questions.",
                "After my earlier mail, other questions came up; this one is shorter.",
                "Another note, with questions that my earlier mail did not hold.",
            ),
        )

    def offer(self) -> str:
        """Return what the sender offers, in the sender's words: a first mail that hides its reason is not trusted."""
        lines = self.plan.sender.offer.zh if self.zh else self.plan.sender.offer.en
        if not lines:
            return ""
        line = lines[0].rstrip("。.；;")
        return f"可以谈的形式：{line}。" if self.zh else f"What we could talk about: {line}. "

    def opening(self) -> str:
        """Return a sentence about the person's work in the record's own words, or "" where the first track must do."""
        candidate, zh = self.plan.candidate, self.zh
        if turned := about_bio(candidate, self.plan.language):
            if zh:
                return self.pick("open", (f"{turned}。", f"我了解到{turned}。", f"写信给您，是因为{turned}。"))
            lower = turned[0].lower() + turned[1:]
            return self.pick("open", (f"{turned}.", f"As I understand it, {lower}.", f"I am writing because {lower}."))
        papers = [w for w in self.works if w.source.startswith("papers")]
        for work in papers:
            paper = candidate.papers[int(re.findall(r"\d+", work.source)[0])]
            if turned := about_paper(paper.summary, self.plan.language):
                self.named.append(work)
                return f"In “{paper.title.rstrip('.')}” {turned}."
        if len(papers) > 1:
            return self.two_papers(papers)
        return ""

    def two_papers(self, papers: list[Work]) -> str:
        first, second = self.by_fit(papers)[:2]
        self.named += [first, second]
        title = [
            self.plan.candidate.papers[int(re.findall(r"\d+", w.source)[0])].title.rstrip(".。")
            for w in (first, second)
        ]
        if self.zh:
            options = (
                f"这封信的由头是您的两篇论文，《{title[0]}》和《{title[1]}》。",
                f"写信是为了《{title[0]}》，也为了《{title[1]}》。",
                f"您的《{title[0]}》和《{title[1]}》，都让我有问题想问。",
            )
            return self.pick("open", options)
        return self.pick(
            "open",
            (
                f"Two papers of yours made me write: “{title[0]}” and “{title[1]}”.",
                f"I am writing about “{title[0]}”, and also with “{title[1]}” in mind.",
                f"My reason for writing is “{title[0]}”, together with “{title[1]}”.",
            ),
        )

    def by_fit(self, works: list[Work]) -> list[Work]:
        """Order pieces of work by how early they speak for a chosen track."""
        sources = [e.source.split(".")[0] for match in self.plan.tracks for e in match.evidence]
        return sorted(works, key=lambda w: sources.index(w.source) if w.source in sources else len(sources))

    def raised(self) -> list[tuple[str, str]]:
        """Return each track's id with the sentence that raises it, tied to a piece of work."""
        result: list[tuple[str, str]] = []
        began = False
        used: list[Work] = []
        turn = self.plan.angle % max(1, len(self.plan.tracks))
        for match in (*self.plan.tracks[turn:], *self.plan.tracks[:turn]):
            lines = self.lines(match.track)
            # two sentences in a row that begin with a title read like a list
            calm = [line for line in lines if not (began and line.startswith("{work}"))] or lines
            line = self.pick(f"say {match.track.id}", calm)
            began = line.startswith("{work}")
            work = for_track(self.works, [e.source for e in match.evidence], used)
            name = self.work_name(work, used)
            result.append((match.track.id, fill(line, name, self.plan.language)))
        return result

    def work_name(self, work: Work | None, used: list[Work]) -> str:
        if work is None:
            return self.nameless()
        name = work.short if work in self.named or work in used else work.full
        used.append(work)
        self.named.append(work)
        return name

    def nameless(self) -> str:
        """Return what to call the work of somebody of whom no paper and no usable interest is known."""
        field = self.first_field()
        if self.zh:
            return f"您在{spaced(field.name.zh)}上的工作" if field else "您的研究"
        return f"your work in {decapitalize(field.name.en)}" if field and field.name.en else "your research"

    def first_field(self) -> Field | None:
        return self.library.fields[self.plan.fields[0].field] if self.plan.fields else None

    def lines(self, track: Track) -> tuple[str, ...]:
        """Return the sentences a track can be raised with; a Markdown library has only the track's own text."""
        if lines := (track.say.zh if self.zh else track.say.en):
            return lines
        if not self.zh:
            raise ModelError(
                f"track {track.id} has no English text to write from",
                next="Give a model (--model), write in Chinese (--lang zh), or use a YAML library",
            )
        text = track.zh.rstrip("。？！?!.；; ")
        mark = "？" if re.search(r"如何|怎么|怎样|是否|什么|能否|哪", text) else "。"
        return (
            f"由{{work}}想到一个问题：{text}{mark}",
            f"读{{work}}时想到的是：{text}{mark}",
            f"想结合{{work}}请教：{text}{mark}",
        )

    def relevant_work(self) -> str:
        """Return the line of the sender's work that speaks of the candidate's field, "" if none does."""
        lines = self.plan.sender.works_on.zh if self.zh else self.plan.sender.works_on.en
        field = self.first_field()
        if field is None:
            return ""
        owners = {field.id, *(match.track.id for match in self.plan.tracks)}
        scored = [(self.topics.shared(line, owners), -place) for place, line in enumerate(lines)]
        best = max(scored, default=(0, 0))
        return lines[-best[1]] if best[0] else ""

    def subject(self) -> str:
        """Return a subject that says what the mail is about: 3 to 7 English words, 10 to 25 characters in Chinese."""
        topic = self.topic()
        count = len(self.plan.tracks)
        if self.zh:
            number = {2: "两", 3: "三"}.get(count, "几")
            options = (
                f"想就{spaced(topic)}请教您{number}个问题",
                f"关于{spaced(topic)}的{number}个问题",
                f"由{spaced(topic)}想到的{number}个问题",
            )
        else:
            number = {2: "Two", 3: "Three"}.get(count, "Some")
            options = (
                f"{number} questions about {topic}",
                f"{number} questions on {topic}",
                f"On {topic}: {number.lower()} questions",
            )
        return " ".join(self.pick("subject", options).split())

    def topic(self) -> str:
        """Return the shortest good name of what the mail is about."""
        for work in (*(w for w in self.works if w in self.named), *self.works):
            size = count_han(work.name) + 2 * count_words(work.name)
            if (2 <= size <= 14 and len(work.name) <= 40) if self.zh else 1 <= count_words(work.name) <= 4:
                return f"“{work.name}”" if work.source.startswith("papers") and " " in work.name else work.name
        field = self.first_field()
        if field is None:
            return "您的研究" if self.zh else "your research"
        return field.name.zh if self.zh else decapitalize(field.name.en or field.name.zh)


def fill(line: str, work: str, language: Language) -> str:
    """Put a name for the work into a library sentence; capital letter, quotes and spaces come out right."""
    if language == "en":
        text = line.replace("{work}", work)
        return text[0].upper() + text[1:]
    before, after = line.split("{work}")
    if work.startswith("《") and (not before or before[-1] in "，：；由从") and "您" not in before[-6:]:
        work = f"您的{work}"
    edge = re.compile(r"[A-Za-z0-9]")
    left = " " if edge.match(work[:1]) and before[-1:] and not re.match(r"[\s，。？：；“（]", before[-1:]) else ""
    right = " " if edge.match(work[-1:]) and after[:1] and not re.match(r"[\s，。？：；”）]", after[:1]) else ""
    return f"{before}{left}{work}{right}{after}".strip()


def sender_line(sender: Sender, language: Language, work: str) -> str:
    """Say who writes, in one sentence that is the same in every mail of this sender, or nearly so."""
    if language == "zh":
        role = f"，{sender.role.zh}" if sender.role.zh else ""
        line = f"我是{sender.lab.zh}的{sender.name.zh}{role}"
        return f"{line}，我们在做的方向之一是{_head(work)}。" if work else f"{line}。"
    role = f", {sender.role.en} at {sender.lab.en}" if sender.role.en else f" of {sender.lab.en}"
    line = f"I am {sender.name.en}{role}"
    return f"{line}, where one line of work is {_head(work)}." if work else f"{line}."


def _head(work: str) -> str:
    return re.split(r"[:：]", work)[0].strip().rstrip("。.")


_TO_YOU = {
    "they": "you",
    "them": "you",
    "their": "your",
    "theirs": "yours",
    "suits them": "suits you",
    "they are": "you are",
}


def ask_line(sender: Sender, language: Language) -> str:
    """Return the one thing the mail asks for, in the sender's words, turned to address the reader."""
    if language == "zh":
        text = sender.call_to_action.zh or "如果愿意聊聊，回信一句就可以；不方便也完全没关系。"
        text = text.replace("对方", "您")
        return text if text[-1:] in "。？" else f"{text}。"
    text = sender.call_to_action.en or "If you would like to talk, a one-line reply is enough, and a no is fine too."
    text = re.sub(r"\b(they are|theirs|their|them|they)\b", lambda m: _TO_YOU[m.group()], text)
    return text if text[-1:] in ".?" else f"{text}."


__all__ = ["Composer"]
