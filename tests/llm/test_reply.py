"""Reading a mail out of a model's words."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drafter.errors import BadReply
from drafter.llm import parse_mail

MAIL = {"subject": "你好", "body": "Dear Ada,\n\n“hello”.", "tracks": [{"track": "nlp.1", "quote": "hello"}]}
TEXT = json.dumps(MAIL, ensure_ascii=False)


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        json.dumps(MAIL),
        json.dumps(MAIL, indent=2),
        f"\ufeff {TEXT}\n",
        f"```json\n{TEXT}\n```",
        f"```\n{TEXT}```",
        f"Here is the {{mail}} you asked for:\n\n```json\n{TEXT}\n```\nShall I change {{anything}}?",
        f'{{"thoughts": "two tracks"}}\n{TEXT}',
        f'{{"mail": {TEXT}}}',
        TEXT.replace("}]}", "},],}"),
        f"Of course: {TEXT.replace('}]}', '} , ] , }')}",
        TEXT.replace("\\n", "\n"),
        TEXT.replace('"subject"', '"Subject"').replace('"body"', '"Body"'),
    ],
)
def test_json_in_all_its_dresses(text):
    assert parse_mail(text) == MAIL


@pytest.mark.parametrize(
    "text",
    [
        "Subject: Hello\n\nDear Ada,\n\nyours",
        "Here is the mail.\n\nSubject: Hello\nDear Ada,\n\nyours\n",
        "**Subject:** Hello\n\nDear Ada,\n\nyours",
        "**Subject: Hello**\n\n**Body:**\nDear Ada,\n\nyours",
        "```\nSubject: Hello\n\nDear Ada,\n\nyours\n```",
        "Here you are:\n```text\nSubject: Hello\n\nDear Ada,\n\nyours\n```",
        "主题：Hello\n\nDear Ada,\n\nyours",
        "邮件主题: Hello\n正文：\nDear Ada,\n\nyours",
    ],
)
def test_plain_text_with_a_subject_line(text):
    assert parse_mail(text) == {"subject": "Hello", "body": "Dear Ada,\n\nyours", "tracks": []}


def test_commas_and_brackets_inside_strings_stay():
    mail = {"subject": "a,}", "body": 'b, ] , } "c" \\ {', "tracks": []}
    assert parse_mail(json.dumps(mail)[:-1] + ",}") == mail


@pytest.mark.parametrize(
    ("tracks", "read"),
    [
        (None, []),
        (["nlp.1"], [{"track": "nlp.1", "quote": ""}]),
        ([{"track": "nlp.1"}], [{"track": "nlp.1", "quote": ""}]),
        ([{"track": "nlp.1", "quote": None, "score": 1}], [{"track": "nlp.1", "quote": ""}]),
    ],
)
def test_tracks_may_be_sparse(tracks, read):
    assert parse_mail(json.dumps({**MAIL, "tracks": tracks}))["tracks"] == read


def test_half_a_surrogate_pair_does_not_come_through():
    mail = parse_mail('{"subject": "\\ud83d", "body": "x\\udc00"}')
    assert mail == {"subject": "\ufffd", "body": "x\ufffd", "tracks": []}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "it is empty"),
        ("  \n", "it is empty"),
        ("I am sorry, I cannot help with that.", "neither JSON nor a mail"),
        ("Subject: Hello\n\n  ", "nothing follows"),
        ('{"subject": "Hello", "body": "Dear Ada', "JSON is broken"),
        ('```json\n{"subject": "Hello", "body": "Dear Ada\n```', "JSON is broken"),
        ('Here it is: {"subject": "Hello", "body": "Dear Ada', "JSON is broken"),
        ('{"subject": "x", "body": "Subject: y\n\nDear "Ada", hello"}', "JSON is broken"),
        ("{'subject': 'x', 'body': 'y'}", "JSON is broken"),
        ("{", "JSON is broken (Expecting property name enclosed in double quotes, line 1 column 2)"),
        ("{" * 10_000, "JSON is broken"),
        ('{"a":' * 10_000, "JSON is broken"),
        ("[1, 2]", "neither JSON nor a mail"),
        ('[{"subject": "x"}]', "JSON has no “body”"),
        ('{"subject": "Hello"}', "has no “body”"),
        ('{"error": "no"}', "has no “body”"),
        ('{"subject": "Hello", "body": "  "}', "“body” is empty"),
        ('{"subject": "Hello", "body": ["a"]}', "“body” is not text"),
        ('{"body": "Hello"}', "has no “subject”"),
        ('{"subject": 1, "body": "Hello"}', "“subject” is not text"),
        ('{"subject": "x", "body": "y", "tracks": "nlp.1"}', "“tracks” is not a list"),
        ('{"subject": "x", "body": "y", "tracks": [1]}', "not an object"),
        ('{"subject": "x", "body": "y", "tracks": [{"id": "nlp.1"}]}', "both text"),
    ],
)
def test_what_is_no_mail_says_why(text, reason):
    with pytest.raises(BadReply) as caught:
        parse_mail(text)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


prose = st.text(st.characters(exclude_characters="{}[]`", exclude_categories=["Cs"]), max_size=40)
tracks = st.lists(st.fixed_dictionaries({"track": st.text(), "quote": st.text()}), max_size=3)
mails = st.fixed_dictionaries({"subject": st.text(), "body": st.text().filter(str.strip), "tracks": tracks})


@given(
    mail=mails,
    before=prose,
    after=prose,
    fence=st.sampled_from(["{}", "```json\n{}\n```", "```\n{}\n```"]),
    ascii_only=st.booleans(),
    indent=st.sampled_from([None, 2]),
)
@settings(max_examples=60, deadline=None)
def test_any_mail_comes_back_equal(mail, before, after, fence, ascii_only, indent):
    text = json.dumps(mail, ensure_ascii=ascii_only, indent=indent)
    assert parse_mail(f"{before}\n{fence.replace('{}', text)}\n{after}") == mail


fragments = st.sampled_from(
    ['{"', '"body"', '": "', '"}', "{", "}", "[", "]", ",", "\\", "\\u", "```", "Subject:", "\n"]
)


@given(st.one_of(st.text(), st.lists(st.one_of(fragments, st.text(max_size=5)), max_size=30).map("".join)))
@example("[" * 5_000)
@example('{"body": ' + "9" * 5_000 + "}")
@settings(max_examples=200, deadline=None)
def test_arbitrary_text_is_a_mail_or_a_bad_reply(text):
    try:
        mail = parse_mail(text)
    except BadReply:
        return
    assert mail["body"].strip()
    assert not mail["body"].lstrip().startswith('{"')
