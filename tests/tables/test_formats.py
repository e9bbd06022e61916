import io
import json
from pathlib import Path

import pytest

from drafter.errors import InputError, UsageError
from drafter.tables import Row, read_candidates, read_records


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a file into an empty folder, which is the working folder, and return its name."""
    monkeypatch.chdir(tmp_path)

    def write(name: str, content: str | bytes) -> str:
        Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    return write


def rows(path: str, **options) -> list[Row]:
    return list(read_candidates(path, **options))


ANN = {"id": "a-1", "name": "Ann Example", "interests": "reward models"}


@pytest.mark.parametrize(
    ("name", "content", "where"),
    [
        ("c.json", json.dumps(ANN), "c.json: entry 1"),
        ("c.json", json.dumps([ANN]), "c.json: entry 1"),
        ("c.jsonl", "\n\n" + json.dumps(ANN), "c.jsonl:3"),
        ("c.ndjson", json.dumps(ANN) + "\r\n", "c.ndjson:1"),
        ("c.yaml", "id: a-1\nname: Ann Example\ninterests: reward models\n", "c.yaml: entry 1"),
        ("c.yml", "- id: a-1\n  name: Ann Example\n  interests: reward models\n", "c.yml: entry 1"),
        ("c.YAML", "---\n---\nid: a-1\nname: Ann Example\ninterests: reward models\n---\n", "c.YAML: entry 1"),
        ("c.csv", "id,name,interests\na-1,Ann Example,reward models\n", "c.csv:2"),
        ("c.csv", "id;name;interests\r\na-1;Ann Example;reward models\r\n", "c.csv:2"),
        ("c.tsv", "id\tname\tinterests\ra-1\tAnn Example\treward models\r", "c.tsv:2"),
    ],
)
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_every_format_gives_the_same_candidate(write, name, content, where, bom):
    [row] = rows(write(name, bom + content.encode()))
    assert row.error is None
    assert (row.where, row.id, row.record) == (where, "a-1", ANN)
    assert row.loaded.candidate.interests == ("reward models",)


def test_a_row_without_an_id_takes_the_candidates_own(write):
    [row] = rows(write("c.jsonl", '{"name": "Ann Example"}'))
    assert row.id == row.loaded.candidate.id
    assert "id" not in row.record


def test_the_same_id_twice_is_kept_twice(write):
    assert [row.id for row in rows(write("c.csv", "id,name\n007,Ann\n007,Ben\n"))] == ["007", "007"]


def test_standard_input_holds_json_lines_unless_told_otherwise():
    assert [r.where for r in rows("-", stdin=io.BytesIO(b'{"name": "Ann"}\n'))] == ["standard input:1"]
    assert [r.id for r in rows("-", format="csv", stdin=io.BytesIO(b"id,name\n7,Ann\n"))] == ["7"]


def test_the_process_own_standard_input_is_the_default(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'{"name": "Ann"}'), encoding="utf-8"))
    assert rows("-")[0].loaded.candidate.name == "Ann"


@pytest.mark.parametrize("format", ["yaml", "yml", "YAML"])
def test_a_given_format_beats_the_ending(write, format):
    assert rows(write("c.txt", "name: Ann"), format=format)[0].record == {"name": "Ann"}


def test_an_unknown_format_is_a_wrong_flag(write):
    with pytest.raises(UsageError, match=r"“ris”.*csv \(\.csv \.tsv\), json"):
        read_candidates(write("c.csv", "name\nAnn"), format="ris")


UNREADABLE = [
    ("c.csv", "", "c.csv: is empty"),
    ("c.csv", " \n\n", "c.csv: is empty"),
    ("c.csv", b"\xef\xbb\xbf\r\n", "c.csv: is empty"),
    ("c.csv", b"name\nA\0nn\n", "c.csv: is binary"),
    ("c.csv", b"PK\x03\x04rest", "c.csv: is an Excel workbook or a zip archive, not text"),
    ("c.csv", b"name\n\x81\x8d\x90\xff", r"c.csv: is neither UTF-8 \(line 2\) nor GB18030 .*--encoding"),
    ("c.xlsx", b"PK\x03\x04rest", "c.xlsx: cannot be read as a workbook"),
    ("c.numbers", b"PK\x03\x04rest", r"c.numbers: .*“.numbers” are not known.*yaml \(.yaml .yml\).*--format"),
    ("candidates", "name\nAnn", "candidates: .*no ending"),
    ("c.csv", "colour,size\nred,3\n", "c.csv:1: no heading is known; found “colour”, “size”.*name, email"),
    ("c.csv", ",".join(f"c{n}" for n in range(10_000)) + "\n", "c.csv:1: has 10,000 columns; at most 1,000 are read"),
    ("c.csv", "姓名,单位,名字\n陈伟,某大学,陈伟\n", "2 columns stand for name: “姓名”, “名字”"),
    ("c.csv", 'name,"bio\nAnn,x\n', "c.csv:1: the headings cannot be read"),
    ("c.csv", "name,email\n", "c.csv: holds no entries"),
    ("c.json", "[]", "c.json: holds no entries"),
    ("c.json", '{"name":\n "a",}', r"c.json:2: is not JSON: .*column"),
    ("c.json", '{"name": "a"}\n{"name": "b"}', r"c.json:2: is not JSON: Extra data.*--format jsonl"),
    ("c.json", "[" * 100_000, "c.json: cannot be used: it is nested too deeply"),
    ("c.json", '{"name": "a\\ud83d"}', "half a character"),
    ("c.yaml", "---\n---\n", "c.yaml: holds no entries"),
    ("c.yaml", "name: Ann\nbio: one: two\n", r"c.yaml:2: is not YAML: mapping values.*quotation marks"),
    ("c.yaml", "name: Ann\npapers: [A]\npapers: [B]\n", "c.yaml:3: is not YAML: key “papers” stands twice"),
    ("c.yaml", "name: !!python/object/apply:os.getcwd []\n", "c.yaml:1: is not YAML: could not determine"),
    ("c.yaml", "name: a\x07b", "c.yaml: is not YAML"),
    ("c.yaml", "[" * 60_000 + "]" * 60_000, "nested more than 100 levels"),
    ("c.yaml", "k0: &k0 [x]\n" + "".join(f"k{i}: &k{i} [{f'*k{i - 1},' * 10}]\n" for i in range(1, 12)),
     "stands for more than 2,000,000 values"),
    ("c.yaml", "a: &a [*a]\n", "stands for more than"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "message"), UNREADABLE)
def test_a_file_that_cannot_be_read_raises_when_reading_begins(write, name, content, message):
    with pytest.raises(InputError, match=message) as caught:
        read_candidates(write(name, content))
    assert "\n" not in str(caught.value)


def test_a_path_that_leads_nowhere(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"does not exist\. Check the path"):
        read_candidates(str(tmp_path / "none.csv"))
    with pytest.raises(InputError, match="is a folder"):
        read_candidates(str(tmp_path))
    file = tmp_path / "c.csv"
    file.write_text("name\nAnn", encoding="utf-8")
    for error, message in [(PermissionError(13, "denied"), "may not be read"), (OSError(5, "I/O error"), "I/O error")]:
        monkeypatch.setattr(Path, "open", lambda *_, error=error: (_ for _ in ()).throw(error))
        with pytest.raises(InputError, match=message):
            read_candidates(str(file))


@pytest.mark.parametrize(
    ("name", "content", "where", "message"),
    [
        ("c.jsonl", '{"name": "Ann"}\n{"name": \n{"name": "Ben"}\n', "c.jsonl:2", "the line is not JSON"),
        ("c.jsonl", '{"name": "Ann"}\n["Eve"]\n{"name": "Ben"}\n', "c.jsonl:2", "is a list, not an object"),
        ("c.jsonl", '{"name": "Ann"}\n{"id": 1' + "1" * 5000 + '}\n{"name": "Ben"}\n', "c.jsonl:2", "not JSON"),
        ("c.json", '[{"name": "Ann"}, "Eve", {"name": "Ben"}]', "c.json: entry 2", "is a text, not an object"),
        ("c.json", '[{"name": "Ann"}, 3, {"name": "Ben"}]', "c.json: entry 2", "is a single value, not"),
        ("c.yaml", "- name: Ann\n-\n- name: Ben\n", "c.yaml: entry 2", "is empty, not an object"),
        ("c.yaml", "name: Ann\n---\nfoo: bar\n---\nname: Ben\n", "c.yaml: entry 2", "nothing usable"),
        ("c.json", '[{"name":"Ann"},{"name":"E","bio":[1]},{"name":"Ben"}]', "c.json: entry 2", "bio"),
        ("c.csv", "name,language\nAnn,zh\nEve,fr\nBen,English\n", "c.csv:3", "language"),
        ("c.csv", "name,email\nAnn,a@example.org\nEve,e@example.org,oops\nBen\n", "c.csv:3", "3 cells.*headings are 2"),
        ("c.csv", 'name,bio\nAnn,x\nEve,"a "b" c"\nBen,y\n', "c.csv:3", "quotation mark"),
        ("c.csv", 'name,bio\nAnn,x\nEve,"never closed\nBen,y\n', "c.csv:3", "quotation mark"),
        ("c.csv", 'name,bio,x\nAnn,x,\nEve,"a\nb "c" d\ne",\nBen,y,\n', "c.csv:3", "lines 3 to 5 cannot be read"),
        ("c.csv", 'name,bio\nAnn,x\nBen,y\nEve,"never', "c.csv:4", "quotation mark"),
    ],
)
def test_a_bad_row_costs_only_itself(write, name, content, where, message):
    found = rows(write(name, content))
    assert [row.record["name"] for row in found if not row.error] == ["Ann", "Ben"]
    [bad] = [row for row in found if row.error]
    assert bad.where == where
    assert bad.loaded is None
    with pytest.raises(InputError, match=message):
        raise bad.error
    assert str(bad.error).count(where) == 1
    assert "\n" not in str(bad.error)


def test_a_bad_row_keeps_its_id(write):
    good, bad = rows(write("c.csv", "id,name\n1,Ann\n2,Eve,oops\n"))
    assert (good.id, bad.id) == ("1", "2")


def test_a_row_that_is_nested_too_deeply_costs_only_itself(write):
    deep = '{"name": "Eve", "x": ' + "[" * 900 + "]" * 900 + "}"
    found = rows(write("c.jsonl", f'{deep}\n{{"name": "Ann"}}\n'))
    assert found[-1].error is None


def test_yaml_values_stay_what_is_written(write):
    text = (
        "id: 007\nname: No\naffiliation: Null Island\nposition: 12:30\npapers:\n"
        "- title: 1984\n  year: 2023\n- 2001-01-01\n- 1e3\n"
        "keywords: [on, yes, 1_000, 0x1F]\nemail:\nhomepage: ~\nbio: null\n"
    )
    [row] = rows(write("c.yaml", text))
    candidate = row.loaded.candidate
    assert (row.id, candidate.id, candidate.name) == ("007", "007", "No")
    assert (candidate.affiliation, candidate.position) == ("Null Island", "12:30")
    assert [paper.title for paper in candidate.papers] == ["1984", "2001-01-01", "1e3"]
    assert candidate.papers[0].year == 2023
    assert candidate.keywords == ("on", "yes", "1_000", "0x1F")
    assert (candidate.email, candidate.homepage, candidate.bio) == ("", "", "")


def test_yaml_anchors_and_merged_keys_work(write):
    text = "- &a\n  name: Ann\n  affiliation: Example Lab\n- <<: *a\n  name: Ben\n"
    first, second = rows(write("c.yaml", text))
    assert first.record == {"name": "Ann", "affiliation": "Example Lab"}
    assert second.record == {"name": "Ben", "affiliation": "Example Lab"}


def test_entries_of_several_documents_are_counted_through(write):
    text = "- name: Ann\n- name: Ben\n---\nname: Cleo\n"
    assert [row.where for row in rows(write("c.yaml", text))] == [f"c.yaml: entry {n}" for n in (1, 2, 3)]


def test_not_a_number_is_a_missing_value(write):
    [row] = rows(write("c.json", '{"name": "Ann", "email": NaN}'))
    assert row.loaded.candidate.email == ""


def test_rows_are_validated_as_they_are_asked_for(write, monkeypatch):
    seen = []
    monkeypatch.setattr("drafter.tables.load_candidate", lambda record, where: seen.append(where))
    read_candidates(write("c.jsonl", '{"name": "Ann"}\n' * 3))
    assert seen == []


def test_records_come_out_under_their_own_keys(write):
    drafts = "id,subject,姓名,body,body\nd-1,Hello,陈伟,one,two\n"
    [entry] = read_records(write("d.csv", drafts))
    assert entry.record == {"id": "d-1", "subject": "Hello", "姓名": "陈伟", "body": "one", "body (column 5)": "two"}
    found = list(read_records(write("d.jsonl", '{"id": "d-1", "tracks": ["rl.1"], "ok": true}\n{\n')))
    assert found[0].record == {"id": "d-1", "tracks": ["rl.1"], "ok": True}
    assert found[1].error is not None


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("long.jsonl", '{"name": "Ann", "bio": "' + "reward " * 30_000 + '"}'),
        ("bio.csv", 'name,bio\nAnn,"' + "long text, " * 500_000 + '"\n'),
        ("wide.csv", "name," + ",".join(f"c{n}" for n in range(999)) + "\nAnn," + "v," * 998 + "v\n"),
        ("cells.csv", "name\nAnn" + "," * 1_000_000 + "\n"),
        ("open.csv", 'name,bio\nEve,"x\n' + "Ann,x\n" * 50_000),
        ("reopened.csv", "name,bio\nAnn,x\n" + 'a","\n' * 100_000),
        ("quotes.csv", "name,bio\n" + 'Eve,"x\n' * 50_000 + "Ann,x\n"),
        ("heading.csv", "name," + "(" * 200_000 + "\nAnn,x\n"),
        ("long.yaml", "name: Ann\nbio: " + "reward " * 500_000),
        ("many.yaml", "- {name: Ann, papers: [A, B]}\n" * 2_000),
    ],
)
def test_large_files_are_read(write, name, content):
    # a reader that goes back again and again would be at it for hours
    assert any(not row.error for row in read_candidates(write(name, content)))


# Encodings and workbooks as they come

TABLE = "姓名,单位,研究方向\n陈伟,某大学,强化学习\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (TABLE.encode(), ""),
        (TABLE.encode("utf-8-sig"), ""),
        (TABLE.encode("gb18030"), "GB18030"),
        (TABLE.encode("gbk"), "GB18030"),
        (TABLE.encode("utf-16"), "UTF-16"),
        ("name,affiliation\n陈伟,Example University\nAnn Lee,Example College\n".encode("gbk"), "GB18030"),
        ("name,affiliation\n陈伟,Example University\n".encode("utf-16-le"), "UTF-16"),
        ("name,affiliation\n陈伟,Example University\n".encode("utf-16-be"), "UTF-16"),
    ],
)
def test_what_excel_writes_on_a_chinese_windows_is_read(write, content, said):
    notes = []
    found = list(read_candidates(write("c.csv", content), say=notes.append))
    assert found[0].loaded.candidate.name == "陈伟"
    assert notes == ([f"{write('c.csv', content)} is read as {said}; --encoding names another"] if said else [])


@pytest.mark.parametrize("name", ["Jürgen Müller", "Ana García-López", "Søren Ålund", "François Lefèvre", "Zoë Brontë"])
def test_western_names_are_not_taken_for_chinese(write, name):
    notes = []
    found = list(read_candidates(write("c.csv", f"name\n{name}\n".encode("cp1252")), say=notes.append))
    assert found[0].loaded.candidate.name == name and "Windows-1252" in notes[0]


@pytest.mark.parametrize("name", ["王小明", "欧阳澍宁", "魏珺", "翟羽昕", "褚闻溪", "芮北辰", "陳偉"])
def test_rare_characters_of_names_are_read_too(write, name):
    found = list(read_candidates(write("c.csv", f"name,email\n{name},a@example.org\n".encode("gb18030"))))
    assert found[0].loaded.candidate.name == name


def test_the_user_s_word_on_the_encoding_counts(write):
    content = "name\n陳偉\n".encode("big5")
    assert next(read_candidates(write("c.csv", content), encoding="big5")).loaded.candidate.name == "陳偉"
    with pytest.raises(InputError, match=r"is no ascii text \(line 2\)"):
        read_candidates(write("c.csv", content), encoding="ascii")
    with pytest.raises(UsageError, match="unknown encoding “klingon”"):
        read_candidates(write("c.csv", content), encoding="klingon")


@pytest.mark.parametrize(
    "content",
    [
        "2026 秋季候选人名单,,\n姓名,单位,研究方向\n陈伟,某大学,强化学习\n",
        "Candidates for review\n\n姓名;单位;研究方向\n陈伟;某大学;强化学习\n",
        "导出时间\t2026-11-01\n姓名\t单位\t研究方向\n陈伟\t某大学\t强化学习\n",
    ],
)
def test_a_title_above_the_headings_is_passed_over(write, content):
    (found,) = read_candidates(write("c.csv", content))
    assert found.loaded.candidate.affiliation == "某大学" and found.where.endswith(
        f":{content[: content.index('陈伟')].count(chr(10)) + 1}"
    )


def workbook(rows, merges=(), sheets=("候选人",)):
    """Return the bytes of a small workbook: only what a reader needs."""
    import zipfile

    def cell(column, row, value):
        at = f"{chr(65 + column)}{row + 1}"
        if isinstance(value, int | float):
            return f'<c r="{at}"><v>{value}</v></c>'
        return f'<c r="{at}" t="inlineStr"><is><t>{value}</t></is></c>' if value else ""

    body = "".join(
        f'<row r="{r + 1}">{"".join(cell(c, r, value) for c, value in enumerate(row))}</row>'
        for r, row in enumerate(rows)
    )
    merged = "".join(f'<mergeCell ref="{ref}"/>' for ref in merges)
    merged = f'<mergeCells count="{len(merges)}">{merged}</mergeCells>' if merges else ""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    names = [f"xl/worksheets/sheet{n + 1}.xml" for n in range(len(sheets))]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>',
        )
        file.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r" Type="{rel}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        listed = "".join(f'<sheet name="{name}" sheetId="{n + 1}" r:id="s{n + 1}"/>' for n, name in enumerate(sheets))
        file.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets>{listed}</sheets></workbook>'
        )
        links = "".join(
            f'<Relationship Id="s{n + 1}" Type="{rel}/worksheet" Target="worksheets/sheet{n + 1}.xml"/>'
            for n in range(len(sheets))
        )
        file.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}/relationships">{links}</Relationships>'
        )
        for name in names[:-1]:
            file.writestr(name, f'<worksheet xmlns="{main}"><sheetData></sheetData></worksheet>')
        file.writestr(names[-1], f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData>{merged}</worksheet>')
    return out.getvalue()


def test_a_workbook_is_read_from_its_first_filled_sheet(write):
    rows_ = [["姓名", "单位", "编号"], ["陈伟", "某大学", 7], ["", "", ""], ["林深", "某研究院", "007"]]
    found = rows(write("c.xlsx", workbook(rows_, sheets=("空", "候选人"))))
    assert [(row.id, row.loaded.candidate.name, row.where.rsplit(":")[-1]) for row in found] == [
        ("7", "陈伟", "2"),
        ("007", "林深", "4"),
    ]


def test_a_title_and_merged_cells_of_a_workbook(write):
    rows_ = [
        ["2026 候选人", "", ""],
        ["姓名", "单位", "研究方向"],
        ["陈伟", "某大学", "强化学习"],
        ["林深", "", "语音"],
    ]
    found = rows(write("c.xlsx", workbook(rows_, merges=("A1:C1", "B3:B4"))))
    assert [row.loaded.candidate.affiliation for row in found] == ["某大学", "某大学"]


def test_an_empty_workbook_is_said_to_be(write):
    with pytest.raises(InputError, match="holds no entries"):
        rows(write("c.xlsx", workbook([["", ""]])))
