"""The office: clerks, their jobs, and the calls that they ask for.

All that a run has only one of is here, in the main process: the model's client with its gate, and the store. Where there are
cores for it, each clerk has a process of its own; where there is one core, the clerk sits here too, and nothing goes over a line.
"""

import asyncio
import json
import os
import pickle
import subprocess
import sys
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from itertools import count
from typing import Any, Self

from drafter.batch.clerk import (
    ANSWER,
    ASK,
    DONE,
    DROP,
    FAILED,
    JOB,
    KNOWN,
    LENGTH,
    SETUP,
    SHARED,
    Clerk,
    Done,
    Job,
    Setup,
    framed,
)
from drafter.batch.pace import Halt
from drafter.errors import DrafterError
from drafter.library import Library
from drafter.llm import Completion, Message, Model, Usage, read_again
from drafter.store import Pending, Runs, request_digest

_BEGIN = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from drafter.batch.clerk import main; main()"
"""What a clerk's process runs. It looks for modules where this one does: `-m` would look into the working folder first."""


def usable_cores() -> int:
    """Return how many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)  # not on every system
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def open_office(setup: Setup, runs: Runs, model: Model | None, library: Library, *, recalls: bool) -> "Office":
    """Return the office that suits this machine; the arguments are those of `Office`."""
    office = Clerks if usable_cores() > 1 else Alone
    return office(setup, runs, model, library, recalls=recalls)


class Office(ABC):
    """Where jobs are done. Used as `async with`.

    Args:
        setup: what all jobs have in common.
        runs: where replies and drafts of earlier starts are looked up.
        model: answers what clerks ask; None where the offline composer writes.
        library: the one that the setup names.
        recalls: look for answers that came in an earlier start.

    Raises:
        DrafterError: a clerk could not begin.
    """

    def __init__(
        self, setup: Setup, runs: Runs, model: Model | None, library: Library, *, recalls: bool = False
    ) -> None:
        self._setup, self._runs, self._model, self._library, self._recalls = setup, runs, model, library, recalls

    @abstractmethod
    async def __aenter__(self) -> Self:
        """Have the clerks come."""

    @abstractmethod
    async def __aexit__(self, *_: object) -> None:
        """Send them home."""

    @abstractmethod
    async def do(self, row: Pending, job: Job) -> Done:
        """Have a job done.

        Raises:
            Halt: it needs a call, and none may be made any more.
            DrafterError: a clerk is gone.
        """

    def _counter(self, row: Pending) -> "_Counter":
        recalled = defaultdict(list)
        if self._recalls:
            for reply in self._runs.replies(row.work):
                recalled[reply.digest].append(reply)
        return _Counter(self._runs, self._model, row.work, recalled)


_AT: ContextVar["_Counter"] = ContextVar("at")
"""The counter of the row that is under way in this task, where the clerk sits in this process."""


class Alone(Office):
    """One clerk, in this process."""

    async def __aenter__(self) -> Self:
        self._clerk = Clerk(self._setup, self, self._library)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nobody has to go."""

    async def do(self, row: Pending, job: Job) -> Done:
        """See `Office.do`."""
        _AT.set(self._counter(row))
        return await self._clerk.do(job)

    async def complete(self, messages: Sequence[Message], schema: Mapping[str, Any] | None) -> Completion:
        """See `drafter.batch.clerk.Counter`."""
        return await _AT.get().complete(messages, schema)

    async def known(self, key: str) -> Mapping[str, Any] | None:
        """See `drafter.batch.clerk.Counter`."""
        return await _AT.get().known(key)


class Clerks(Office):
    """Clerks in processes of their own, as many as there are cores: the office itself has little to do."""

    def __init__(
        self, setup: Setup, runs: Runs, model: Model | None, library: Library, *, recalls: bool = False, clerks: int = 0
    ) -> None:
        super().__init__(setup, runs, model, library, recalls=recalls)
        self._number = clerks or usable_cores()
        self._clerks: list[_Desk] = []

    async def __aenter__(self) -> Self:
        self._clerks = list(
            await asyncio.gather(*(_Desk.opened(self._setup, self._answer) for _ in range(self._number)))
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(clerk.closed() for clerk in self._clerks))

    async def do(self, row: Pending, job: Job) -> Done:
        """Have a job done by the clerk who has the least to do; see `Office.do`."""
        clerk = min(self._clerks, key=lambda clerk: len(clerk.jobs))
        return await clerk.do(job, self._counter(row))

    @staticmethod
    async def _answer(counter: "_Counter", kind: int, what: Sequence[Any]) -> Any:
        return await (counter.complete(*what) if kind == ASK else counter.known(*what))


class _Counter:
    """Where one row's clerk gets what it asks for."""

    def __init__(self, runs: Runs, model: Model | None, work: int, recalled: dict[str, list[Any]]) -> None:
        self._runs, self._model, self._work, self._recalled = runs, model, work, recalled

    async def known(self, key: str) -> Mapping[str, Any] | None:
        return self._runs.known(key)

    async def complete(self, messages: Sequence[Message], schema: Mapping[str, Any] | None) -> Completion:
        """Return an answer that came in an earlier start, else ask the model."""
        if replies := self._recalled.get(request_digest(messages)):
            reply = replies.pop(0)
            usage = Usage(**reply.usage)
            if completion := read_again(reply.body, usage, reply.mode):
                return completion
        assert self._model is not None
        with self._runs.store.going_on(self._work):
            return await self._model.complete(messages, schema=schema)


Answerer = Callable[[_Counter, int, Sequence[Any]], Any]


class _Desk:
    """One clerk, seen from the office."""

    def __init__(self, process: asyncio.subprocess.Process, answer: Answerer) -> None:
        assert process.stdin and process.stdout
        self._process, self._in, self._out, self._answer = process, process.stdin, process.stdout, answer
        self.jobs: dict[int, tuple[asyncio.Future[Done], _Counter]] = {}
        self._numbers = count()
        self._questions: set[asyncio.Task[None]] = set()
        self._shared: list[str] = []
        """Instructions that numbers stand for."""
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    async def opened(cls, setup: Setup, answer: Answerer) -> "_Desk":
        # on Windows Ctrl-C reaches every process of a group; elsewhere a clerk ignores it
        flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-c", _BEGIN, json.dumps(sys.path)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            creationflags=flags,
        )
        desk = cls(process, answer)
        desk._send(SETUP, setup)
        kind, *what = await desk._frame()
        if kind == FAILED:
            await desk.closed()
            raise what[0]
        desk._reading = asyncio.create_task(desk._read())
        return desk

    async def closed(self) -> None:
        """Send the clerk home."""
        if self._reading:
            self._reading.cancel()
        for question in self._questions:
            question.cancel()
        with suppress(OSError):
            self._in.close()  # the clerk takes the end of its input for the end of the day
        try:
            # reads what is still on its way, too: a pipe that is left full is never closed
            await asyncio.wait_for(self._process.communicate(), 5)
        except TimeoutError:
            self._process.kill()
            await self._process.communicate()

    async def do(self, job: Job, counter: _Counter) -> Done:
        number = next(self._numbers)
        turn: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self.jobs[number] = turn, counter
        try:
            self._send(JOB, number, job)
            return await turn
        except BaseException:
            with suppress(OSError):
                self._send(DROP, number)
            raise
        finally:
            del self.jobs[number]

    def _send(self, *frame: Any) -> None:
        self._in.write(framed(frame))

    async def _frame(self) -> tuple[Any, ...]:
        try:
            (length,) = LENGTH.unpack(await self._out.readexactly(LENGTH.size))
            frame: tuple[Any, ...] = pickle.loads(await self._out.readexactly(length))
        except (asyncio.IncompleteReadError, OSError):
            raise DrafterError("a helper process has ended", next="Give the same command again to go on") from None
        except Exception as error:
            message = f"a helper process cannot be understood ({error})"
            raise DrafterError(message, next="Give the same command again to go on") from error
        return frame

    async def _read(self) -> None:
        """Hand on what the clerk says until it is gone."""
        try:
            while True:
                kind, number, *what = await self._frame()
                if kind == SHARED:
                    self._shared.append(number)
                    continue
                turn, counter = self.jobs.get(number, (None, None))
                if turn is None or turn.done():
                    continue
                if kind == DONE:
                    turn.set_result(what[0])
                elif kind in (ASK, KNOWN) and counter:
                    task = asyncio.create_task(self._question(turn, counter, kind, what[0], what[1:]))
                    self._questions.add(task)
                    task.add_done_callback(self._questions.discard)
        except Exception as error:  # whatever it is, nobody may wait for this clerk any longer
            for turn, _ in self.jobs.values():
                if not turn.done():
                    turn.set_exception(error)

    async def _question(
        self, turn: "asyncio.Future[Done]", counter: _Counter, kind: int, question: int, what: Sequence[Any]
    ) -> None:
        try:
            if kind == ASK:
                short, schema = what
                messages = [
                    Message(role, self._shared[text] if isinstance(text, int) else text) for role, text in short
                ]
                what = messages, schema
            answer = await self._answer(counter, kind, what)
        except Halt as halt:  # the row is not failed by this: it is left as it is
            if not turn.done():
                turn.set_exception(halt)
            return
        except DrafterError as error:
            answer = error
        except Exception as error:
            if not turn.done():
                turn.set_exception(error)
            return
        self._send(ANSWER, question, answer)
