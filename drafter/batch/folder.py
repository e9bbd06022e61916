"""The folder of a run: its marker, its lock, and the copy of what came through a pipe."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from filelock import FileLock, Timeout

from drafter.errors import InputError

MARKER = "run.json"
LOCK = ".lock"


def store_of(folder: Path) -> Path | None:
    """Return the store that a folder's run is kept in, None where the folder is of no run.

    Raises:
        InputError: the marker cannot be read.
    """
    marker = folder / MARKER
    try:
        if not marker.is_file():
            return None
        return Path(json.loads(marker.read_text(encoding="utf-8"))["store"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("is not what drafter wrote", where=str(marker), next="Choose another --out") from error


def prepare(folder: Path, store: Path) -> None:
    """Make a folder of results and mark it.

    Args:
        folder: where results go.
        store: where the run is kept.

    Raises:
        InputError: it cannot be made, belongs to another store, or holds results of something else.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise InputError("is no folder", where=str(folder), next="Name a folder with --out")
        folder.mkdir(parents=True, exist_ok=True)
        known = store_of(folder)
        if known is None and (folder / "drafts.csv").exists():
            hint = "Choose another --out"
            raise InputError("holds a drafts.csv that is of no run known here", where=str(folder), next=hint)
        if known is not None and known != store.resolve():
            hint = f"Give --store {known} to go on with it, or another --out"
            raise InputError(f"belongs to another store ({known})", where=str(folder), next=hint)
        if known is None:
            text = json.dumps({"store": str(store.resolve())}, ensure_ascii=False, indent=1)
            (folder / MARKER).write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"cannot be written ({reason})", where=str(folder), next="Choose another --out") from error


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes out of a run; the system gives the lock back even if this one is killed.

    Raises:
        InputError: another process is at it, or no lock can be made there.
    """
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        hint = f"Wait for it, or see how far it is with `drafter status {folder}`"
        raise InputError("another process is working on this run", where=str(folder), next=hint) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"cannot be locked ({reason})", where=str(folder), next="Choose another --out") from error
    try:
        yield
    finally:
        lock.release()


def copied(folder: Path, data: IO[bytes], format: str) -> Path:
    """Keep what comes through a pipe, so that a run can be gone on with; return where.

    Raises:
        InputError: it cannot be written.
    """
    target = folder / f"input.{format}"
    try:
        target.touch(mode=0o600)  # people's data
        with target.open("wb") as file:
            shutil.copyfileobj(data, file)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"cannot be written ({reason})", where=str(target), next="Choose another --out") from error
    return target


def is_at_work(folder: Path) -> bool:
    """Say whether a process is working on a run."""
    try:
        with locked(folder):
            return False
    except InputError:
        return True
