"""The file of drafts: what is kept, found, put in versions, and forgotten."""

import asyncio
import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from drafter.candidate import Candidate, Sender
from drafter.errors import StoreError, Unreachable, UsageError
from drafter.llm import Attempt, Message, Outcome, Usage
from drafter.report import Draft, Spent, Verdict
from drafter.store import Runs, Store, StoreRecorder
from drafter.store.file import File
from drafter.store.schema import APPLICATION, MIGRATIONS
from drafter.store.share import remote_kind

AMA = "ama.osei@example.org"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "drafts.sqlite3"


@pytest.fixture
def store(path: Path) -> Store:
    return Store(path)


@pytest.fixture
def person(make_candidate: Callable[..., Candidate]) -> Candidate:
    return make_candidate(email=AMA, affiliation="Example University")


def made(person: Candidate, sender: Sender, id: str, body: str = "Dear Ama,\n\nhello.", **changes: Any) -> Draft:
    values: dict[str, Any] = {
        "id": id, "candidate_id": person.id, "language": "en", "tone": "professional", "model": "m", "subject": "Deletion", "body": body,
        "fields": (), "tracks": (Verdict(track="rl.2", verdict="present"),), "findings": (), "status": "ok", "attempts": 1, "usage": Spent(),
        "prompt_digest": "d", "candidate": person.model_dump(mode="json"), "sender": sender.model_dump(mode="json"),
    }  # fmt: skip
    return Draft.model_validate({**values, **changes})


def keep(store: Store, person: Candidate, draft: Draft, wish: str = "draft") -> None:
    with store.working(person, "draft"):
        store.keep(draft, wish)


def test_a_draft_comes_back_as_it_was(store: Store, person: Candidate, sender: Sender, path: Path) -> None:
    draft = made(person, sender, "aaaa11112222")
    keep(store, person, draft)
    assert Store(path).find("aaaa11112222").draft == draft, "another process reads it"
    assert store.find("aaaa").draft == draft
    assert path.stat().st_mode & 0o077 == 0, "people's data are the owner's alone"


@pytest.mark.parametrize(
    ("id", "message"), [("zzzz", "holds no draft"), ("aaa", "holds no draft"), ("aaaa", "several drafts begin with")]
)
def test_an_id_must_name_one_draft(store: Store, person: Candidate, sender: Sender, id: str, message: str) -> None:
    keep(store, person, made(person, sender, "aaaa11112222"))
    keep(store, person, made(person, sender, "aaaa33334444"))
    with pytest.raises(UsageError, match=message):
        store.find(id)


def test_versions_follow_each_other_and_the_newest_counts(store: Store, person: Candidate, sender: Sender) -> None:
    keep(store, person, made(person, sender, "first0000000"))
    keep(store, person, made(person, sender, "second000000", parent="first0000000"), "rewrite: tone warm")
    keep(store, person, made(person, sender, "third0000000", parent="second000000"), "rewrite: shorter")
    keep(store, person, made(person, sender, "other0000000"))
    versions = store.versions("first0000000")
    assert [(v.id, v.number, v.current, v.wish) for v in versions] == [
        ("first0000000", 1, False, "draft"),
        ("second000000", 2, False, "rewrite: tone warm"),
        ("third0000000", 3, True, "rewrite: shorter"),
    ]
    assert [v.id for v in store.listed()] == ["other0000000", "third0000000"], "newest first, one a mail"
    store.restore(versions[0])
    assert [v.id for v in store.versions("first0000000") if v.current] == ["first0000000"]


def test_the_same_draft_again_changes_nothing(store: Store, person: Candidate, sender: Sender) -> None:
    first = made(person, sender, "first0000000")
    keep(store, person, first)
    keep(store, person, made(person, sender, "second000000", parent="first0000000"))
    keep(store, person, first)
    current = [(v.id, v.current) for v in store.versions("first0000000")]
    assert current == [("first0000000", False), ("second000000", True)], "what was chosen since still counts"


async def test_a_request_stands_in_the_file_before_it_is_sent(store: Store, person: Candidate, sender: Sender) -> None:
    recorder = StoreRecorder(store)
    attempt = Attempt("call", 1, "m", "http://x/v1", "text", (Message("user", "hello \ud800"),))
    with store.working(person, "draft"):
        await recorder.sending(attempt)
        store.keep(made(person, sender, "first0000000"), "draft")
    (sent,) = store.calls(store.find("first0000000"))
    assert (sent.error, sent.reply, sent.usage) == (None, None, None), "nothing has come back"
    assert sent.request == [{"role": "user", "content": "hello ?"}]
    await recorder.came_back(attempt, Outcome(200, usage=Usage(10, 4, 3), reply='{"choices": "\ud800"}', seconds=0.5))
    (call,) = store.calls(store.find("first0000000"))
    assert (call.status, call.error, call.reply, call.seconds) == (200, "", '{"choices": "?"}', 0.5)
    assert call.usage is not None and call.usage["input"] == 10


def test_a_turn_that_fails_says_why(store: Store, person: Candidate, path: Path) -> None:
    with pytest.raises(Unreachable), store.working(person, "draft"):
        raise Unreachable("no connection")
    (error,) = sqlite3.connect(path).execute("SELECT error FROM work").fetchone()
    assert "no connection" in error


async def test_forgetting_leaves_nothing_in_the_file(
    store: Store, person: Candidate, sender: Sender, path: Path, make_candidate: Callable[..., Candidate]
) -> None:
    secret = "Whispering-Elm-4711"
    other = make_candidate(id="c-2", name="Jonas Weber", email="jonas@example.org")
    nameless = person.model_copy(update={"email": ""})
    attempt = Attempt("call", 1, "m", "http://x/v1", "text", (Message("user", secret),))
    with store.working(person, "draft"):
        await StoreRecorder(store).sending(attempt)
        store.keep(made(person, sender, "first0000000", body=secret), "draft")
        store.keep_answer("key", secret)
    keep(store, nameless, made(nameless, sender, "second000000", body=secret))
    keep(store, other, made(other, sender, "other0000000", body="Dear Jonas"))
    gone = store.forget("  AMA.Osei@example.org ")
    assert (gone.drafts, gone.calls, gone.works) == (2, 1, 2)
    assert [v.id for v in store.listed()] == ["other0000000"] and store.answer("key") is None
    store.close()
    for file in path.parent.iterdir():
        content = file.read_bytes()
        assert secret.encode() not in content and b"Osei" not in content and AMA.encode() not in content


def test_somebody_without_an_address_is_forgotten_by_a_draft(store: Store, person: Candidate, sender: Sender) -> None:
    nameless = person.model_copy(update={"email": ""})
    keep(store, nameless, made(nameless, sender, "first0000000"))
    assert store.forget("first0000000").drafts == 1 and store.listed() == []
    assert store.forget("nobody@example.org").works == 0


def test_answers_are_kept_by_key(store: Store, path: Path) -> None:
    store.keep_answer("k", "yes")
    store.keep_answer("k", "no")
    assert (Store(path).answer("k"), store.answer("other")) == ("no", None)


def test_times_are_utc_and_come_from_the_clock(path: Path, person: Candidate, sender: Sender) -> None:
    moment = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    store = Store(path, now=lambda: moment + timedelta(hours=1))
    keep(store, person, made(person, sender, "first0000000"))
    assert store.find("first0000000").made == "2026-03-01T10:30:00+00:00"


# Files that cannot be used


def test_an_older_file_is_brought_to_the_newest_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.sqlite3"
    Store(path).close()
    more = (*MIGRATIONS, ("ALTER TABLE draft ADD COLUMN starred INTEGER",))
    monkeypatch.setattr("drafter.store.schema.MIGRATIONS", more)
    Store(path).close()
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS) + 1,)
    assert "starred" in {row[1] for row in database.execute("PRAGMA table_info(draft)")}


def test_a_step_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.sqlite3"
    Store(path).close()
    broken = (*MIGRATIONS, ("ALTER TABLE draft ADD COLUMN starred INTEGER", "no SQL"))
    monkeypatch.setattr("drafter.store.schema.MIGRATIONS", broken)
    with pytest.raises(StoreError):
        Store(path)
    assert "starred" not in {row[1] for row in sqlite3.connect(path).execute("PRAGMA table_info(draft)")}


def a_newer_file(path: Path) -> None:
    Store(path).close()
    sqlite3.connect(path).execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")


def a_stranger_s_file(path: Path) -> None:
    sqlite3.connect(path).execute("CREATE TABLE bookmarks (url TEXT)")


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (a_newer_file, "written by a newer drafter"),
        (a_stranger_s_file, "another program’s database"),
        (lambda path: path.write_text("a shopping list, longer than a page header " * 9), "cannot be used for drafts"),
        (lambda path: path.mkdir(), "cannot be used for drafts"),
    ],
    ids=["newer", "another program's", "no database", "a folder"],
)
def test_what_is_no_file_of_drafts_is_refused_in_words(
    tmp_path: Path, prepare: Callable[[Path], Any], message: str
) -> None:
    path = tmp_path / "drafts.sqlite3"
    prepare(path)
    with pytest.raises(StoreError, match=message) as caught:
        Store(path)
    assert str(path) in str(caught.value) and "--store" in str(caught.value)


async def insert(file: File, key: str) -> None:
    await file.written(lambda db: db.execute("INSERT INTO answer (key, answer) VALUES (?, 'a')", (key,)))


async def test_a_write_that_fails_takes_no_other_with_it(path: Path) -> None:
    file = File(path)
    ends = await asyncio.gather(*(insert(file, n) for n in ("one", "two", "one", "three")), return_exceptions=True)
    assert [end is None for end in ends] == [True, True, False, True]
    assert isinstance(ends[2], StoreError)
    assert [row["key"] for row in File(path).read("SELECT key FROM answer ORDER BY rowid")] == ["one", "two", "three"]


async def test_what_was_queued_stands_in_the_file_when_it_is_closed(path: Path) -> None:
    file = File(path)
    queued = [asyncio.create_task(insert(file, str(n))) for n in range(50)]
    await asyncio.sleep(0)  # each has begun and waits
    queued[0].cancel()
    file.close()
    assert File(path).read("SELECT count(*) AS n FROM answer")[0]["n"] == 50, (
        "who was cancelled has written all the same"
    )
    await asyncio.gather(*queued, return_exceptions=True)


def test_a_file_of_the_first_version_is_brought_to_this_one(path: Path, person: Candidate, sender: Sender) -> None:
    path.parent.mkdir()
    old = sqlite3.connect(path)
    for statement in (*MIGRATIONS[0], f"PRAGMA application_id = {APPLICATION}", "PRAGMA user_version = 1"):
        old.execute(statement)
    row = (json.dumps(made(person, sender, "first0000000").as_json()),)
    old.execute("INSERT INTO work VALUES (1, 't', 'draft', 'c-1', 'Ama Osei', '', ?, NULL)", (AMA,))
    old.execute("INSERT INTO draft VALUES ('first0000000', 1, 'first0000000', 1, 1, 't', 'draft', ?)", row)
    request = json.dumps([{"role": "system", "content": "rules"}, {"role": "user", "content": "person"}])
    old.execute("INSERT INTO attempt (work, call, number, sent, model, address, mode, request) VALUES (1, 'c', 1, 't', 'm', 'a', 'text', ?)", (request,))  # fmt: skip
    old.commit()
    old.close()
    store = Store(path)
    version = store.find("first0000000")
    assert version.draft.subject == "Deletion" and store.calls(version)[0].request[0]["content"] == "rules"
    assert Runs(store).find(path.parent) is None


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("/users/ama/data/drafts.sqlite3", "nfs4"),
        ("/users/local disk/drafts.sqlite3", ""),
        ("/mnt/team/drafts.sqlite3", "cifs"),
        ("/mnt/teams/drafts.sqlite3", ""),
        ("/srv/x/drafts.sqlite3", "fuse.sshfs"),
        ("/var/drafts.sqlite3", ""),
    ],
)
def test_a_network_share_is_recognized(place: str, kind: str) -> None:
    mounts = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /users rw shared:2 - nfs4 server:/users rw
31 30 8:2 / /users/local\040disk rw - ext4 /dev/sda2 rw
32 22 0:41 / /mnt/team rw - cifs //server/team rw
33 22 0:42 / /srv rw - ext4 /dev/sdb1 rw
34 33 0:43 / /srv/x rw - fuse.sshfs host: rw
garbage"""
    assert remote_kind(Path(place), mounts) == kind


def test_a_store_on_a_network_share_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drafter.store.file.network_share", lambda path: "nfs4")
    with pytest.raises(StoreError, match="lies on a network share"):
        Store(path)
    assert not path.exists()


async def test_one_who_gives_up_waiting_for_a_write_does_not_undo_it(path: Path) -> None:
    file = File(path)
    statement = "INSERT INTO answer (key, answer) VALUES (?, 'a')"
    waiting = [asyncio.create_task(file.written(lambda db, n=n: db.execute(statement, (n,)).rowcount)) for n in "abc"]  # type: ignore[misc]
    await asyncio.sleep(0)
    waiting[1].cancel()
    assert [await waiting[0], await waiting[2]] == [1, 1]
    file.close()
    assert len(File(path).read("SELECT key FROM answer")) == 3
