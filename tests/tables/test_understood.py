"""What is said about a file: format, encoding, separator, columns, notes; and what stands in it, as it stands."""

import io
import json

import pytest

from drafter.errors import DrafterError, InputError, UsageError
from drafter.tables import Candidates, parse_mapping, read_candidates


def read(text: str | bytes, format: str = "csv", **options) -> Candidates:
    data = text.encode() if isinstance(text, str) else text
    return read_candidates("-", format=format, stdin=io.BytesIO(data), **options)


def test_a_file_is_gone_through_once_and_says_how_it_was_read(tmp_path):
    path = tmp_path / "c.csv"
    path.write_bytes("姓名;邮箱;电话;\n陈伟;chen@example.org;0086 1;x\n".encode("gb18030"))
    found = read_candidates(str(path))
    understood = found.understood
    assert (understood.name, understood.format) == (str(path), "csv")
    assert (understood.encoding, understood.separator) == ("GB18030", ";")
    assert understood.headings == ("姓名", "邮箱", "电话", "")
    assert understood.columns == {"姓名": "name", "邮箱": "email", "电话": "", "column 4": ""}
    assert understood.notes == ("is read as GB18030; --encoding names another",)
    assert next(iter(found)).loaded.candidate.name == "陈伟"
    assert list(found) == []


@pytest.mark.parametrize(
    ("content", "format", "encoding", "separator"),
    [
        ("name,bio\nAnn,x\n", "csv", "UTF-8", ","),
        ("name\nAnn\n", "csv", "UTF-8", ""),
        ("姓名，单位\n陈伟，某大学\n", "csv", "UTF-8", "，"),
        ("name\tbio\nAnn\tx\n".encode("utf-16"), "csv", "UTF-16", "\t"),
        ("name,bio\nMüller,x\n".encode("cp1252"), "csv", "Windows-1252", ","),
        ('{"name": "Ann"}', "json", "UTF-8", ""),
        (b'\xef\xbb\xbf{"name": "Ann"}', "jsonl", "UTF-8", ""),
        ("name: Ann", "yaml", "UTF-8", ""),
        ("@misc{a, title={A}, author={Ann Example}}", "bib", "UTF-8", ""),
    ],
)
def test_encoding_and_separator_are_said(content, format, encoding, separator):
    understood = read(content, format).understood
    assert (understood.format, understood.encoding, understood.separator) == (format, encoding, separator)


@pytest.mark.parametrize(("named", "said"), [("utf8", "UTF-8"), ("gb18030", "GB18030"), ("cp1252", "Windows-1252")])
def test_an_encoding_that_the_user_names_is_no_guess(named, said):
    understood = read("name\nAnn\n", encoding=named).understood
    assert (understood.encoding, understood.notes) == (said, ())


# What stands in the file


def test_cells_are_given_as_they_stand():
    first, second = read('name , id,papers,x,x,\nAnn ,007," One; Two",, "a, b",z\nBen\n')
    assert first.given == {
        "name": "Ann ", "id": "007", "papers": " One; Two", "x": "", "x (column 5)": "a, b", "column 6": "z",
    }  # fmt: skip
    assert first.record["name"] == "Ann"
    assert second.given == {"name": "Ben", "id": "", "papers": "", "x": "", "x (column 5)": "", "column 6": ""}


def test_spaces_behind_a_separator_are_given_too():
    [row] = read("name, bio\nAnn,  two spaces\n")
    assert (row.given["bio"], row.record["bio"]) == ("  two spaces", "two spaces")


def test_bad_rows_keep_what_could_be_told_apart():
    language, surplus, broken = read('name,language\nEve,fr\nBen,en,oops\n"Cleo" x,en\n')
    assert language.error and language.given == {"name": "Eve", "language": "fr"}
    assert surplus.error and surplus.given == {"name": "Ben", "language": "en"}
    assert broken.error and broken.given == {}


@pytest.mark.parametrize("format", ["json", "jsonl", "yaml"])
def test_of_objects_text_is_given_as_text_and_the_rest_as_json(format):
    record = {"name": "Ann", "papers": ["一", {"title": "B"}], "score": {"a": "1"}, "id": "007"}
    [row] = read(json.dumps(record), format)
    assert row.given == {
        "name": "Ann", "papers": '["一", {"title": "B"}]', "score": '{"a": "1"}', "id": "007",
    }  # fmt: skip


# The user's word on headings


@pytest.mark.parametrize(
    ("content", "mapping", "expected"),
    [
        ("Nom;Courriel\nAnn;a@example.org\n", {"Nom": "name", "courriel": "email"}, {"name": "Ann", "email": "a@example.org"}),
        ("Liste 2026\nNom;Courriel\nAnn;a@example.org\n", {"Nom": "name", "courriel": "email"}, {"name": "Ann", "email": "a@example.org"}),
        ("name,备注（内部）\nAnn,x\n", {"备注": "-"}, {"name": "Ann"}),
        ("name,email,导师邮箱\nAnn,a@example.org,b@example.org\n", {"导师邮箱": "email"},
         {"name": "Ann", "Email": "a@example.org", "email": "b@example.org"}),
        ("name,Title\nAnn,Professor\n", {"TITLE": "position"}, {"name": "Ann", "position": "Professor"}),
        ("name,x,x\nAnn,1,2\n", {"x (column 3)": "notes"}, {"name": "Ann", "x": "1", "notes": "2"}),
        ("Rufname,Zuname\nAnn,Example\n", {"Rufname": "first_name", "Zuname": "last_name"}, {"name": "Ann Example"}),
        ("Email,name\nverified,Ann\n", {"Email": "email"}, {"name": "Ann", "email": "verified"}),
        ("name,-\nAnn,1\n", {}, {"name": "Ann", "-": "1"}),
    ],
)  # fmt: skip
def test_the_users_word_wins(content, mapping, expected):
    found = read(content, mapping=mapping)
    [row] = found
    assert {key.replace("email (column 2)", "Email"): value for key, value in row.record.items()} == expected
    assert set(row.given) == set(found.understood.columns)
    assert found.understood.notes == ()


@pytest.mark.parametrize(
    ("content", "mapping", "kind", "message"),
    [
        ("name,x\nAnn,1\n", {"y": "notes"}, InputError, "standard input:1: no column is called “y”. There are “name”, “x”"),
        ("name,x\nAnn,1\n", {"x": "nots"}, UsageError, "“x” cannot stand for “nots”.*can stand for id, name, email"),
        ("name,x,y\nAnn,1,2\n", {"x": "notes", "y": "notes"}, UsageError, "“x” and “y” are both to stand for notes"),
        ("name,x\nAnn,1\n", {"x": "notes", "X": "bio"}, UsageError, "are the same column"),
        ("name,x ,X\nAnn,1,2\n", {"x*": "notes"}, UsageError, "2 columns of standard input are called “x\\*”. Say which: “x”, “X”"),
        ("Nom\nAnn\n", {"Nom": "-"}, InputError, "no heading is known"),
        ('{"name": "Ann"}', {"x": "notes"}, UsageError, "is no table"),
    ],
)  # fmt: skip
def test_a_word_that_cannot_be_meant_is_one_clear_line(content, mapping, kind, message):
    with pytest.raises(kind, match=message) as caught:
        read(content, "json" if content.startswith("{") else "csv", mapping=mapping)
    assert "\n" not in str(caught.value)


def test_a_mapping_is_read_from_the_command_line():
    texts = ["邮箱=email", " E-mail adress = notes", "a=b=bio", "电话=-", "QQ=-", "职位＝position"]
    assert parse_mapping(texts) == {
        "邮箱": "email", "E-mail adress": "notes", "a=b": "bio", "电话": "-", "QQ": "-", "职位": "position",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["邮箱"], "“邮箱” is no HEADING=key"),
        (["=email"], "is no HEADING=key"),
        (["邮箱="], "is no HEADING=key"),
        (["邮箱=mailbox"], "“邮箱” cannot stand for “mailbox”"),
        (["a=email", "b=email"], "“a” and “b” are both to stand for email"),
        (["a=email", "a=bio"], "“a” is to stand for email and for bio"),
    ],
)
def test_nonsense_in_a_mapping_is_a_wrong_flag(texts, message):
    with pytest.raises(UsageError, match=message):
        parse_mapping(texts)


# Headings that only look like one


@pytest.mark.parametrize(
    ("heading", "cell", "note"),
    [
        ("E-mail adress", "a@example.org", '“E-mail adress” may be the email: --map "E-mail adress=email"'),
        ("Emial", "a@example.org", "“Emial” may be the email: --map Emial=email"),
        ("Email 2", "a@example.org", '“Email 2” may be the email: --map "Email 2=email"'),
        ("Afiliation", "x", "“Afiliation” may be the affiliation: --map Afiliation=affiliation"),
        ("Papres", "x", "“Papres” may be the papers: --map Papres=papers"),
        ("联系人邮箱", "a@example.org", "“联系人邮箱” may be the email: --map 联系人邮箱=email"),
    ],
)
def test_a_slip_is_named_and_never_taken(heading, cell, note):
    heard = []
    found = read(f"name,{heading}\nAnn,{cell}\n", say=heard.append)
    [row] = found
    assert row.record == {"name": "Ann", heading: cell}
    assert found.understood.notes == (note,)
    assert heard == [f"standard input: {note}"]
    assert row.loaded.warnings == ()


@pytest.mark.parametrize("cell", ["x", "a@example.org", "https://example.org"])
@pytest.mark.parametrize(
    "heading",
    "导师姓名,导师单位,推荐人邮箱,推荐人姓名,Email Status,Email Confidence,Email Type,Emails Sent,Company Linkedin Url,"
    "Person Linkedin Url,Last Contacted,Company Size,Company Name for Emails,Candidate Status,Candidate Notes Url,原工作单位,"
    "合作单位,毕业院校,期望职位,Mail Sent,Paper Id,First Author,Home Phone,Position Type,Interested".split(","),
)
def test_traps_neither_match_nor_are_suggested(heading, cell):
    found = read(f"name,{heading}\nAnn,{cell}\n")
    assert (found.understood.columns, found.understood.notes) == ({"name": "name", heading: ""}, ())
    assert next(found).record == {"name": "Ann", heading: cell}


def test_nothing_is_suggested_for_what_is_there_already():
    assert read("email,E-mail adress,name\na@example.org,b@example.org,Ann\n").understood.notes == ()
    assert read("name,Mailing address\nAnn,Example Street 1\n").understood.notes == ()


@pytest.mark.parametrize("heading", ["Email", "邮箱", "Mail"])
def test_a_column_of_email_without_addresses_is_not_taken(heading):
    found = read(f"name,{heading}\nAnn,verified\nBen,\nCleo,guessed\n")
    assert found.understood.columns[heading] == ""
    assert found.understood.notes == (
        f"“{heading}” holds no e-mail addresses but, for example, “verified”, and is not taken for the email; --map {heading}=email does",
    )
    assert [row.record.get(heading) for row in found] == ["verified", None, "guessed"]


def test_content_decides_between_two_columns():
    found = read("name,Email,邮箱\nAnn,verified,a@example.org\n")
    assert next(found).record["email"] == "a@example.org"


def test_a_column_with_few_addresses_is_taken_and_noted():
    found = read("name,Email\nAnn,tbd\nBen,tbd\nCleo,c@example.org\n")
    assert found.understood.notes == ("of the first 3 cells of “Email” only 1 hold an e-mail address",)
    rows = list(found)
    assert rows[2].record["email"] == "c@example.org"
    assert rows[0].loaded.warnings == ("“tbd” is no e-mail address; it is kept as it is",)


# Exports of other programs

PROFILE = {
    "names": [{"first": "A.", "last": "Example"}, {"first": "Ann", "middle": "B.", "last": "Example", "preferred": True}],
    "preferredEmail": "ann@example.org",
    "history": [
        {"position": "PhD student", "start": 2018, "end": 2022, "institution": {"name": "Old University"}},
        {"position": "Professor", "start": 2022, "end": None, "institution": {"name": "New University"}},
    ],
    "expertise": [{"keywords": ["old topic"], "end": 2020}, {"keywords": ["reward models", "alignment"]}],
    "homepage": "https://ann.example.org",
    "gscholar": "https://scholar.example.org/ann",
}  # fmt: skip
OPENREVIEW = {
    "name": "Ann B. Example", "email": "ann@example.org", "affiliation": "New University", "position": "Professor",
    "interests": ["reward models", "alignment", "old topic"], "homepage": "https://ann.example.org",
    "gscholar": "https://scholar.example.org/ann",
}  # fmt: skip


def as_table(record: dict) -> str:
    def cell(value) -> str:
        text = value if isinstance(value, str) else json.dumps(value)
        return '"' + text.replace('"', '""') + '"'

    return f"{','.join(record)}\n{','.join(map(cell, record.values()))}\n"


@pytest.mark.parametrize(
    ("content", "format"),
    [
        (json.dumps(PROFILE), "json"),
        (json.dumps(PROFILE), "jsonl"),
        (json.dumps({"profiles": [{"content": PROFILE}], "count": 1}), "json"),
        (json.dumps([{"content": {key: {"value": value} for key, value in PROFILE.items()}}]), "json"),
        (as_table(PROFILE), "csv"),
    ],
)
def test_openreview_profiles(content, format):
    [row] = read(content, format)
    assert row.error is None
    assert row.record == OPENREVIEW


def test_an_address_behind_asterisks_is_none():
    masked = {**PROFILE, "preferredEmail": "****@example.org", "emails": ["****@example.org"]}
    [row] = read(json.dumps(masked), "json")
    assert "email" not in row.record
    assert row.given["preferredEmail"] == "****@example.org"


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("First name,Last name,Email,Phone number,Job title,Company,Location,Pipeline stage,Note,Note visibility,Tags\n"
         "Ann,Example,ann@example.org,0,Scientist,Example Lab,X,new,met,all,t\n",
         {"name": "Ann Example", "email": "ann@example.org", "position": "Scientist", "affiliation": "Example Lab", "notes": "met"}),
        ("candidate_id,project_id,first_name,last_name,emails,phone_numbers,tags,profile_url\n"
         "7,2,Ann,Example,ann@example.org;b@example.org,1;2,t,u\n",
         {"id": "7", "name": "Ann Example", "email": "ann@example.org"}),
        ('Notes:\n"When exporting, some addresses are missing"\n\nFirst Name,Last Name,URL,Email Address,Company,Position,Connected On\n'
         "Ann,Example,u,,Example Lab,Scientist,1\n",
         {"name": "Ann Example", "affiliation": "Example Lab", "position": "Scientist"}),
        ("candidate_first_name,candidate_last_name,candidate_email,all_candidate_emails,candidate_linkedin_url,candidate_company,candidate_title\n"
         'Ann,Example,,"[""ann@example.org"", ""b@example.org""]",u,Example Lab,Scientist\n',
         {"name": "Ann Example", "email": "ann@example.org", "affiliation": "Example Lab", "position": "Scientist"}),
        ("first_name,last_name,email,title,company,linkedin_url\nAnn,Example,ann@example.org,Scientist,Example Lab,u\n",
         {"name": "Ann Example", "email": "ann@example.org", "position": "Scientist", "affiliation": "Example Lab"}),
        ("First Name,Last Name,Title,Company Name,Email,Email Status,Keywords,Person Linkedin Url,Website,Company Linkedin Url,# Employees\n"
         "Ann,Example,Scientist,Example Lab,ann@example.org,Verified,sales,u,https://lab.example.org,cu,7\n",
         {"name": "Ann Example", "email": "ann@example.org", "position": "Scientist", "affiliation": "Example Lab"}),
    ],
)  # fmt: skip
def test_exports_of_recruiting_programs(table, expected):
    [row] = read(table)
    candidate = row.loaded.candidate
    assert candidate.model_dump(exclude_defaults=True, exclude={"extra", "id"} - set(expected)) == expected


@pytest.mark.parametrize(
    ("headings", "key"),
    [
        ("name,Title,Company", "position"),
        ("First Name,Last Name,Title,Company Name", "position"),
        ("name,Title,Company,Year", ""),
        ("name,Title,Company,Abstract", ""),
        ("name,Title,affiliation", ""),
        ("name,Title", ""),
        ("name,Title,Person Linkedin Url", "position"),
    ],
)
def test_a_bare_title_is_decided_by_what_stands_beside_it(headings, key):
    cells = ",".join("Ann" for _ in headings.split(","))
    assert read(f"{headings}\n{cells}\n").understood.columns["Title"] == key


SCHOLAR = "Authors,Title,Publication,Volume,Number,Pages,Year,Publisher\n"


def test_a_list_by_google_scholar_is_the_one_author_of_all_papers():
    table = (
        SCHOLAR
        + '"Example, Ann; Osei, Nana; ",First,ICML,,,,2024,\n"Osei, N; Chen, Wei; ",Second,Journal of X,1,2,3,2023,Y\n'
    )
    [row] = read(table)
    assert row.record == {
        "name": "Nana Osei",
        "papers": [{"title": "First", "venue": "ICML", "year": "2024"}, {"title": "Second", "venue": "Journal of X", "year": "2023"}],
    }  # fmt: skip
    assert [paper.year for paper in row.loaded.candidate.papers] == [2024, 2023]


@pytest.mark.parametrize(
    "authors",
    [
        ('"Example, Ann; "', '"Chen, Wei; "'),
        ('"Example, Ann; Chen, Wei"', '"Chen, Wei; Example, Ann"'),
        ('"Chen, Wei; "', '"Chen, Wen; "'),
    ],
)
def test_papers_of_nobody_in_particular_are_refused(authors):
    with pytest.raises(DrafterError, match=r"lists 2 papers, a row each, and no one author .* Write a table"):
        read(SCHOLAR + "".join(f"{names},T,V,,,,2024,\n" for names in authors))
