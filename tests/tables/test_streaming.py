"""Files of any size: read in little memory, with limits that cost only the row that breaks them."""

import io
import os
import threading
import tracemalloc
import zipfile
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drafter.errors import InputError
from drafter.tables import encoding, from_csv, from_xlsx, read_candidates, read_records, source


def rows(data: str | bytes, format: str = "csv", **options) -> list:
    content = data.encode() if isinstance(data, str) else data
    return list(read_candidates("-", format=format, stdin=io.BytesIO(content), **options))


def outcome(found: list) -> list[str]:
    return [row.error.message if row.error else row.record["name"] for row in found]


@pytest.fixture
def small(monkeypatch):
    """A longest row of 200 characters or 8 lines."""
    monkeypatch.setattr(source, "LONGEST_LINE", 200)
    monkeypatch.setattr(from_csv, "MOST_LINES", 8)


TOO_LONG = "the row cannot be read: it is longer than 200 characters or 8 lines, or a quotation mark is not closed"


@pytest.mark.parametrize(
    "cell",
    [
        "x" * 5_000,
        "some text\nand more\n" * 500,
        "as, many, cells\nas, headings\n" * 500,
        'a ""quoted"" word\n' * 50,
        ", x\n" * 50,
    ],
)
def test_a_huge_cell_is_one_error_and_reading_goes_on_behind_it(small, cell):
    found = rows(f'name,bio\nAnn,x\nEve,"{cell}"\nBen,y\nMax,"{cell}"\nCleo,z\n')
    assert outcome(found) == ["Ann", TOO_LONG, "Ben", TOO_LONG, "Cleo"]
    lines = cell.count("\n")
    assert [row.where.partition(":")[2] for row in found] == [
        "2",
        "3",
        str(4 + lines),
        str(5 + lines),
        str(6 + 2 * lines),
    ]
    assert [bool(row.given) for row in found] == [True, False, True, False, True]


@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "utf-16"])
@pytest.mark.parametrize("rest", [40, 4_000])
@pytest.mark.parametrize("quoted", ["", 'Max,"a, b"\n', 'Max,"a\nb"\n'])
def test_a_quotation_mark_that_is_never_closed_costs_only_its_row(small, rest, quoted, codec):
    found = rows(('name,bio\nAnn,x\nEve,"never closed\n' + "陈伟,某大学\n" * rest + quoted).encode(codec))
    names = outcome(found)
    assert names[0] == "Ann"
    assert names[2:] == ["陈伟"] * rest + (["Max"] if quoted else [])
    assert "a quotation mark is not closed" in names[1]


def test_a_line_of_json_that_is_too_long_costs_only_itself(small):
    found = rows('{"name": "Ann"}\n{"name": "Eve", "bio": "' + "x" * 5_000 + '"}\n{"name": "Ben"}\n', "jsonl")
    assert outcome(found) == ["Ann", "the line is longer than 200 characters", "Ben"]
    assert found[2].where == "standard input:3"


def test_headings_that_are_too_long_are_one_clear_line(small):
    with pytest.raises(InputError, match="standard input:1: the headings cannot be read: it is longer than 200"):
        rows("name," + "x" * 5_000 + "\nAnn,y\n")


@pytest.mark.parametrize("format", ["json", "yaml", "bib"])
def test_what_is_held_in_memory_has_a_largest_size(monkeypatch, format):
    monkeypatch.setattr(source, "LARGEST_WHOLE", 1_000_000)
    with pytest.raises(InputError, match=r"standard input: is larger than 1 MB\. Split it"):
        rows('{"name": "' + "x" * 1_000_000 + '"}', format)


class Endless(io.RawIOBase):
    """A stream of many rows, made as they are read."""

    def __init__(self, head: bytes, row: bytes, rows: int) -> None:
        self._parts = iter([head])
        self._row, self._left, self._rest = row, rows, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        while not self._rest:
            self._rest = next(self._parts, b"")
            if not self._rest:
                taken = min(self._left, 1_000)
                self._left -= taken
                self._rest = self._row * taken
                if not taken:
                    return 0
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


@pytest.mark.parametrize(
    ("format", "head", "row"),
    [
        ("csv", b"name,bio\n", b'Ann,"a text of some length, with a comma"\n'),
        ("jsonl", b"", b'{"name": "Ann", "bio": "a text of some length"}\n'),
    ],
)
def test_memory_stays_flat(monkeypatch, format, head, row):
    monkeypatch.setattr(source, "_IN_MEMORY", 100_000)
    found = read_records("-", format=format, stdin=Endless(head, row, 30_000))
    for _ in islice(found, 100):
        pass
    tracemalloc.start()
    try:
        number = sum(1 for _ in found)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert number == 29_900
    assert peak < 500_000


def test_a_named_pipe_is_read_too(tmp_path):
    path = tmp_path / "pipe.csv"
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")
    os.mkfifo(path)
    writer = threading.Thread(target=lambda: path.write_text("name\nAnn\n", encoding="utf-8"))
    writer.start()
    assert outcome(list(read_candidates(str(path)))) == ["Ann"]
    writer.join()


def test_a_file_that_is_not_read_to_its_end_is_closed(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("name\n" + "Ann\n" * 100_000, encoding="utf-8")
    found = read_candidates(str(path))
    assert next(found).record == {"name": "Ann"}
    del found
    path.unlink()


# Encodings, found out piece by piece

SAMPLES = [
    ("name,affiliation\nAnn Lee,Example College\n陈伟,Example University\n", "gbk", "GB18030"),
    ("name,affiliation\nAnn Lee,Example College\nWei Chen (谭莺),Example University\n", "gbk", "GB18030"),
    ("name,affiliation\n袁英,Example University\n", "gbk", "GB18030"),
    ("name,notes\n王珺,“met at ICML” — 2024\n", "gbk", "GB18030"),
    ("name,notes\n刘玥,x\nAnn Lee,y\n", "gb18030", "GB18030"),
    ("姓名,单位\n欧阳澍宁,某大学\n", "gb18030", "GB18030"),
    ("name,notes\nJürgen Müller,x\n", "cp1252", "Windows-1252"),
    ("name,notes\nAna Ñandú,“one” – it’s €5 at 20 °C\n", "cp1252", "Windows-1252"),
    ("name,notes\nAnn Lee,Example® and Sample©\n", "cp1252", "Windows-1252"),
    ("name,notes\nJürgen Müller,x\n", "utf-8", "UTF-8"),
    ("name,notes\nТимо,x\n", "utf-8", "UTF-8"),
    ("name,notes\nΕύα Ζωή,“x”\n", "utf-8", "UTF-8"),
    ("name,notes\nÉtienne,«Société» ¡áéí!\n", "utf-8", "UTF-8"),
    ("name,notes\n陈伟 𠮷,x\n", "utf-8", "UTF-8"),
    ("name,notes\n陈伟,x\n", "utf-16-le", "UTF-16"),
]


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 2**20])
@pytest.mark.parametrize(("text", "codec", "called"), SAMPLES)
def test_a_character_cut_at_the_end_of_a_piece_makes_no_difference(monkeypatch, piece, text, codec, called):
    monkeypatch.setattr(encoding, "PIECE", piece)
    data = text.encode(codec)
    found = encoding.find_encoding(io.BytesIO(data), "c.csv")
    assert found.called == called
    assert data.decode(found.codec) == text


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60), st.integers(1, 9))
def test_any_chinese_text_with_a_mark_is_read_in_pieces_of_any_size(text, piece):
    before, encoding.PIECE = encoding.PIECE, piece
    try:
        assert encoding.find_encoding(io.BytesIO(text.encode("utf-8-sig")), "c.csv").codec == "utf-8-sig"
        assert encoding.find_encoding(io.BytesIO(text.encode("gb18030")), "c.csv", "gb18030").called == "GB18030"
    finally:
        encoding.PIECE = before


def test_what_is_wrong_is_found_in_its_line_however_far_behind(monkeypatch):
    monkeypatch.setattr(encoding, "PIECE", 64)
    data = b"name\n" + b"Ann\n" * 1_000 + "陈伟\n".encode("gbk")
    with pytest.raises(InputError, match=r"is no utf-8 text \(line 1002\)"):
        encoding.find_encoding(io.BytesIO(data), "c.csv", "utf-8")


# Workbooks that would not fit into memory


def workbook(cells: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/worksheets/sheet1.xml", f"<worksheet><sheetData>{cells}</sheetData></worksheet>")
    return out.getvalue()


def test_a_cell_far_off_is_said_before_the_memory_is_gone():
    far = '<row r="1"><c r="A1" t="s"><v>0</v></c></row><row r="1048576"><c s="1" r="XFD1048576"><v>1</v></c></row>'
    with pytest.raises(
        InputError, match=r"a sheet has 1,048,576 rows and 16,384 columns: somewhere far off .* Empty that"
    ):
        rows(workbook(far), "xlsx")


def test_an_empty_cell_far_off_is_none():
    far = '<row r="1"><c r="A1"><v>0</v></c></row><row r="1048576"><c r="XFD1048576" s="1"/></row>'
    with pytest.raises(InputError, match="cannot be read as a workbook"):  # for this one has nothing else in it
        rows(workbook(far), "xlsx")


def test_a_workbook_has_a_largest_size(monkeypatch):
    monkeypatch.setattr(from_xlsx, "LARGEST_UNPACKED", 1_000_000)
    with pytest.raises(InputError, match="unpacks to more than 1 MB"):
        rows(workbook(" " * 2_000_000), "xlsx")
    monkeypatch.setattr(from_xlsx, "LARGEST", 1_000_000)
    with pytest.raises(InputError, match=r"is larger than 1 MB\. Save the sheet"):
        rows(b"PK\x03\x04" + bytes(1_000_000), "xlsx")
