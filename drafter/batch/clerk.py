"""A clerk: plans, writes and checks mails, many at a time; for calls it asks the office.

Where there are cores for it, a clerk has a process of its own, which the office starts (`office._BEGIN`). It talks over its
standard input and output in frames: four bytes that say how long, then a pickled tuple. Only the office is at the other end.

    office -> clerk    (SETUP, setup), once              clerk -> office    (READY,) or (FAILED, error)
                       (JOB, job number, job)                               (KNOWN, job number, question number, key)
                       (ANSWER, question number, answer)                    (ASK, job number, question number, messages, schema)
                                                                            (SHARED, text)
                       (DROP, job number)                                   (DONE, job number, done)

Instructions, which are long and the same in every request, go over the line once, as SHARED; after that their number stands for
them.
"""

import asyncio
import gc
import hashlib
import os
import pickle
import signal
import struct
import sys
import threading
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import IO, Any, Protocol

from drafter.batch.across import without_batch
from drafter.candidate import Sender, load_candidate
from drafter.desk import Desk
from drafter.drafting import Ranked
from drafter.errors import BadReply, DrafterError, ModelError
from drafter.library import Library, load_library
from drafter.llm import Completion, Message
from drafter.planning import Plan, Wishes
from drafter.prompting import Prompts, Try
from drafter.report import Draft, Finding, Reply, Report
from drafter.store import as_json

SETUP, READY, FAILED, JOB, ANSWER, DROP, ASK, KNOWN, DONE, SHARED = range(10)

LENGTH = struct.Struct("!I")


@dataclass(frozen=True)
class Setup:
    """What all jobs of a run have in common."""

    library: Path
    bundled: Path
    prompts: Path
    tones: Path | None
    sender: Sender
    notes: tuple[Finding, ...]
    """Findings that every draft must carry."""
    wishes: Wishes
    model: str | None
    """Who writes; the offline composer if None."""
    marks: str = ""
    """What else decides an answer: temperature, thinking; part of every key."""
    judged: bool = False
    grounding: bool = False
    assisted: bool = False
    fallback: bool = False
    variants: int = 1


@dataclass(frozen=True)
class Job:
    """One row: a mail to be written, or one to be mended."""

    record: Mapping[str, Any]
    place: str
    ordinal: int
    hold: str = ""
    mends: Mapping[str, Any] | None = None
    """The draft that is to be mended."""
    findings: tuple[Finding, ...] = ()
    """What is wrong with it."""


@dataclass(frozen=True)
class Made:
    """A draft as it goes to the store."""

    id: str
    parent: str
    wish: str
    status: str
    data: str
    """The draft's JSON."""


@dataclass(frozen=True)
class Done:
    """How a job ended."""

    made: tuple[Made, ...] = ()
    """The drafts, the one that counts first."""
    key: str = ""
    known: bool = False
    """There is a draft for this key, and nothing was written."""
    error: DrafterError | None = None
    rejected: str = ""
    """Why nothing was to be written."""


class Counter(Protocol):
    """Where a clerk asks for what it has not got itself."""

    async def complete(self, messages: Sequence[Message], schema: Mapping[str, Any] | None) -> Completion:
        """Have a model answer."""
        ...

    async def known(self, key: str) -> Mapping[str, Any] | None:
        """Return the draft that was made for a key before, None if there is none."""
        ...


class _Asked:
    """A `Model` that is asked over the counter, by whichever job is under way in this task."""

    def __init__(self, name: str, counter: Counter) -> None:
        self.name, self._counter = name, counter

    async def complete(self, messages: Sequence[Message], *, schema: Mapping[str, Any] | None = None) -> Completion:
        """Return the answer; see `Model.complete`."""
        return await self._counter.complete(messages, schema)


class Clerk:
    """Does jobs.

    Args:
        setup: what they have in common.
        counter: where calls are asked for.
        library: the one that the setup names, if it has been read.

    Raises:
        DrafterError: library or prompts cannot be read.
    """

    def __init__(self, setup: Setup, counter: Counter, library: Library | None = None) -> None:
        self._setup, self._counter = setup, counter
        self._prompts = Prompts(setup.prompts, setup.tones)
        model = _Asked(setup.model, counter) if setup.model else None
        self._desk = Desk.over(
            library or load_library(setup.library, table=setup.bundled),
            self._prompts,
            model=model,
            adviser=model if setup.assisted else None,
            fallback=setup.fallback,
            judged=setup.judged,
            grounding=setup.grounding,
        )

    async def do(self, job: Job) -> Done:
        """Do a job; what goes wrong with it is in what comes back."""
        try:
            return await self._mend(job) if job.mends else await self._draft(job)
        except DrafterError as error:
            error.where = error.where or job.place
            return Done(error=error)

    async def _draft(self, job: Job) -> Done:
        loaded = load_candidate(job.record, where=job.place)
        plan = await self._desk.plan(loaded, self._setup.sender, self._setup.wishes, self._setup.notes)
        key = self._key(plan, job.ordinal)
        if known := await self._counter.known(key):
            return Done((self._taken_over(plan, known),), key, known=True)
        if job.hold:
            return Done(rejected=job.hold)
        if self._setup.variants > 1:
            return Done(_variants(await self._desk.variants(plan, self._setup.variants)), key)
        draft = await self._desk.write(plan, "batch")
        if not draft.body:  # answers came, and none could be read: no mail for a person to look at
            said = next((f.message for f in draft.findings if f.rule == "writer.reply"), "no mail came")
            return Done(error=BadReply(said, where=job.place, next="--retry-failed does the row again"))
        return Done((_made(draft, "batch"),), key)

    async def _mend(self, job: Job) -> Done:
        """Repair a draft that the rules on one mail let pass and the look at the whole batch did not."""
        old = Draft.model_validate(without_batch(job.mends or {}))
        loaded = load_candidate(old.candidate, where=job.place)
        plan = await self._desk.plan(loaded, self._setup.sender, self._setup.wishes, self._setup.notes)
        begun = Try(
            Reply(subject=old.subject, body=old.body),
            Report(tracks=old.tracks, findings=(*old.findings, *job.findings)),
        )
        draft = await self._desk.write(plan, "batch", begun=(begun,))
        if (draft.subject, draft.body) == (old.subject, old.body):
            return Done()
        # without a key: it is found through the first version of its mail, which has one
        return Done((_made(draft.model_copy(update={"parent": old.id}), "batch: sentences of other mails"),))

    def _key(self, plan: Plan, ordinal: int) -> str:
        """Return what decides a mail: messages, model and parameters; for the offline composer the plan."""
        setup = self._setup
        asked = self._prompts.digest(plan) if setup.model else plan.digest
        parts = (asked, setup.model or "offline", setup.marks, setup.variants, plan.angle)
        return f"{hashlib.sha256(repr(parts).encode()).hexdigest()[:24]}.{ordinal}"

    @staticmethod
    def _taken_over(plan: Plan, known: Mapping[str, Any]) -> Made:
        """Return a draft that was made before; where the record says other things of the person, under an id of its own."""
        candidate = (plan.given or plan.candidate).model_dump(mode="json", exclude_defaults=True)
        known = without_batch(known)
        if known["candidate"] == candidate:
            return Made(known["id"], known["parent"], "batch", known["status"], as_json(known))
        id = hashlib.sha256(f"{known['id']}{plan.candidate.digest}{plan.candidate.id}".encode()).hexdigest()[:12]
        data = {**known, "id": id, "candidate_id": plan.candidate.id, "candidate": candidate, "parent": ""}
        return Made(id, "", "batch", known["status"], as_json(data))


def _made(draft: Draft, wish: str) -> Made:
    return Made(draft.id, draft.parent, wish, draft.status, _json(draft))


def _json(draft: Draft) -> str:
    try:
        return draft.model_dump_json()
    except ValueError:  # half a surrogate pair, which a model's JSON can hold
        return as_json(draft.as_json())


def _variants(ranked: Sequence[Ranked]) -> tuple[Made, ...]:
    return tuple(_made(each.draft, f"variant {each.place} of {len(ranked)}") for each in ranked)


_NUMBER: ContextVar[int] = ContextVar("number")
"""The job that is under way in this task."""


class _Line:
    """The line to the office, and a `Counter` at its end."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._questions = count()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._shared: dict[str, int] = {}

    def send(self, *frame: Any) -> None:
        """Send a frame."""
        try:
            self._out.write(framed(frame))
            self._out.flush()
        except OSError:
            os._exit(0)  # the office is gone, and nobody is left to be told anything

    async def complete(self, messages: Sequence[Message], schema: Mapping[str, Any] | None) -> Completion:
        """See `Counter`."""
        short = tuple((m.role, self._shortened(m.content) if m.role == "system" else m.content) for m in messages)
        answer = await self._ask(ASK, short, schema)
        assert isinstance(answer, Completion)
        return answer

    def _shortened(self, text: str) -> int:
        """Return the number that stands for instructions, which go over the line before it is first used."""
        if text not in self._shared:
            self._shared[text] = len(self._shared)
            self.send(SHARED, text)
        return self._shared[text]

    async def known(self, key: str) -> Mapping[str, Any] | None:
        """See `Counter`."""
        found: Mapping[str, Any] | None = await self._ask(KNOWN, key)
        return found

    async def _ask(self, kind: int, *what: Any) -> Any:
        question = next(self._questions)
        self._waiting[question] = asyncio.get_running_loop().create_future()
        try:
            self.send(kind, _NUMBER.get(), question, *what)
            answer = await self._waiting[question]
        finally:
            del self._waiting[question]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def answered(self, question: int, answer: Any) -> None:
        """Hand on what came; a job that was dropped does not wait any more."""
        if (turn := self._waiting.get(question)) and not turn.done():
            turn.set_result(answer)


def spare_garbage() -> None:
    """Look for garbage seldom, and never in what is there now: a library is large and stays, and a mail leaves next to none.

    Python's own pace costs a tenth of a run.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def framed(frame: tuple[Any, ...]) -> bytes:
    """Return a frame as it goes over a line."""
    data = pickle.dumps(frame, pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(data)) + data


def read_frame(source: IO[bytes]) -> Any:
    """Return the next frame of a stream, None at its end."""
    head = source.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    data = source.read(*LENGTH.unpack(head))
    return pickle.loads(data)


async def _serve(source: IO[bytes], line: _Line) -> None:
    """Do what comes in until the office hangs up."""
    frames = _frames(source)
    _, setup = await frames.get()
    try:
        clerk = Clerk(setup, line)
    except DrafterError as error:
        line.send(FAILED, error)
        return
    spare_garbage()
    line.send(READY)
    jobs: dict[int, asyncio.Task[None]] = {}
    while (frame := await frames.get()) is not None:
        kind, number, *what = frame
        if kind == JOB:
            jobs[number] = asyncio.create_task(_do(clerk, line, number, what[0]))
            jobs[number].add_done_callback(partial(_forget, jobs, number))
        elif kind == DROP and number in jobs:
            jobs[number].cancel()
        elif kind == ANSWER:
            line.answered(number, what[0])


def _forget(jobs: dict[int, asyncio.Task[None]], number: int, _: asyncio.Task[None]) -> None:
    del jobs[number]


def _frames(source: IO[bytes]) -> "asyncio.Queue[Any]":
    """Return a queue into which a thread puts what comes in; None at the end."""
    loop = asyncio.get_running_loop()
    frames: asyncio.Queue[Any] = asyncio.Queue()

    def listen() -> None:
        while True:
            frame = read_frame(source)
            loop.call_soon_threadsafe(frames.put_nowait, frame)
            if frame is None:
                return

    threading.Thread(target=listen, daemon=True).start()
    return frames


async def _do(clerk: Clerk, line: _Line, number: int, job: Job) -> None:
    _NUMBER.set(number)
    try:
        done = await clerk.do(job)
    except Exception as error:  # one row must not take the others with it
        text = f"something went wrong inside drafter ({type(error).__name__}: {error}). Please report it"
        done = Done(error=ModelError(text, where=job.place))
    line.send(DONE, number, done)


def main() -> None:
    """Be a clerk until the office hangs up."""
    # Ctrl-C reaches every process of the terminal; what is to be finished is the office's to say
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):  # not on Windows
        os.nice(5)  # the office hands on calls and must not wait for a core; nobody waits for a clerk
    line = _Line(sys.stdout.buffer)
    sys.stdout = sys.stderr
    asyncio.run(_serve(sys.stdin.buffer, line))
    os._exit(0)  # taking a library apart, piece by piece, is nobody's wish
