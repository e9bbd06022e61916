"""What one cell holds of several things: addresses, topics, papers.

All formats go through here, so that a list is understood alike wherever it stands. What holds only one thing stays as it is.
"""

import ast
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from drafter.candidate import Paper, split_list
from drafter.tables import bibtex
from drafter.tables.papers import with_venue

_WORD = r"[^\W㐀-鿿]"
ADDRESS = re.compile(
    rf"(?<!{_WORD})(?<![.*@%+-])[A-Za-z0-9][A-Za-z0-9.!#$%&'+/=^_`~-]{{0,63}}"
    rf"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{{0,62}})\.)+[A-Za-z]{{2,24}}(?!{_WORD})(?![@*-])"
)
"""An address that mail can be sent to, among anything; what hides it behind asterisks is none."""

_LONGEST_LIST = 200_000
_NUMBER = re.compile(
    r"(?:(?<=[\s;；|。])|^)(?:\[(\d{1,2})\]|[(（](\d{1,2})[)）]|(\d{1,2})(?:[.．](?!\d)|[)）、])|([①-⑳]))\s*"
)
_BULLET = re.compile(r"(?m)^[ \t]*[•·●▪‣*–-][ \t]+")
_AFTER_BRACKET = re.compile(r"(?<=[)）])\s*[,，、]\s*")
_BIBTEX = re.compile(r"\s*@[A-Za-z]{3,20}\s*[{(]")
_SUMMARY = " — "
_LONG_SUMMARY = 40
_PAPER_KEYS: Mapping[str, str] = {
    **{key: key for key in Paper.model_fields},
    "abstract": "summary",
    "name": "title",
    "journal": "venue",
    "conference": "venue",
    "booktitle": "venue",
    "publication": "venue",
    "link": "url",
}


def shaped(record: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return a record whose lists are lists and whose e-mail address is one, and what is to be remarked."""
    result, remarks = dict(record), []
    if "email" in result:
        result["email"], remark = _first_address(result["email"])
        remarks += [remark] if remark else []
    entries = result.get("bibtex")
    if isinstance(entries, str) and not result.get("papers"):
        found = bibtex.read(entries)
        result.pop("bibtex")
        result["papers"] = found.papers
        remarks += found.broken
    for key in ("interests", "keywords"):
        if isinstance(text := result.get(key), str):
            result[key] = _list_in_brackets(text) or text
    if papers := result.get("papers"):
        result["papers"] = _papers(papers, remarks)
    return result, remarks


def _first_address(value: Any) -> tuple[Any, str]:
    """Return the first address, and a remark where there are more or none."""
    text = "\n".join(part for part in value if isinstance(part, str)) if isinstance(value, list | tuple) else value
    if not isinstance(text, str) or not text.strip():
        return value, ""
    plain = unicodedata.normalize("NFKC", text) if re.search("[＠．]", text) else text
    found = list(dict.fromkeys(match[0] for match in ADDRESS.finditer(plain)))
    if not found:
        return text, f"“{text.strip()[:60]}” is no e-mail address; it is kept as it is"
    others = [address for address in found if address.casefold() != found[0].casefold()]
    return found[0], f"of several e-mail addresses the first is taken, left out: {', '.join(others)}" if others else ""


def _list_in_brackets(text: str) -> list[str]:
    """Return what `["a", "b"]`, `['a', 'b']` and `[a, b]` list; nothing if the text is no list in brackets."""
    text = text.strip()
    if not (text[:1] in "[【" and text[-1:] in "]】" and len(text) < _LONGEST_LIST):
        return []
    value = _json(text)
    if value is None:
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            value = None if re.search(r"[\[\]【】]", text[1:-1]) else re.split(r"[,，、;；|\n]", text[1:-1])
    if not isinstance(value, list) or not all(isinstance(item, str | int | float) for item in value):
        return []
    return [str(item).strip() for item in value if str(item).strip()]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _papers(value: Any, remarks: list[str]) -> Any:
    """Return papers one by one; the value itself where there is nothing to take apart."""
    if isinstance(value, Mapping):
        value = [value]
    if isinstance(value, str):
        if _BIBTEX.match(value):
            found = bibtex.read(value)
            remarks += found.broken
            return found.papers or value
        listed = _listed_papers(value.strip())
        taken = [_paper(item, remarks) for item in listed]
        return value if taken == split_list(value) else taken
    return [_paper(item, remarks) for item in value] if isinstance(value, list | tuple) else value


def _listed_papers(text: str) -> list[Any]:
    if text[:1] in ("[", "{") and text[-1:] in ("]", "}"):
        value = _json(text)
        if isinstance(value, dict):
            return [value]
        if isinstance(value, list) and all(isinstance(item, str | dict) for item in value):
            return value
        if value is None and (items := _quoted_list(text)):
            return items
    if numbered := _numbered(text):
        return numbered
    listed = split_list(_BULLET.sub("", text) if len(_BULLET.findall(text)) > 1 else text)
    return [title for item in listed for title in _after_venues(item)]


def _after_venues(text: str) -> list[str]:
    """Split at commas where a bracket with a venue stands before each: `First (ICML 2024), Second (ICLR 2025)`."""
    titles = _AFTER_BRACKET.split(text) if len(text) < _LONGEST_LIST else [text]
    return titles if len(titles) > 1 and all(len(with_venue(title)) > 1 for title in titles) else [text]


def _quoted_list(text: str) -> list[Any]:
    """Return what a list as Python writes it holds."""
    try:
        value = ast.literal_eval(text) if len(text) < _LONGEST_LIST else None
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return []
    return value if isinstance(value, list) and all(isinstance(item, str | dict) for item in value) else []


def _numbered(text: str) -> list[str]:
    """Return the entries of a list numbered 1, 2, 3 from its very beginning; nothing if it is not."""
    starts: list[re.Match[str]] = []
    for match in _NUMBER.finditer(text):
        number = ord(match[4]) - ord("①") + 1 if match[4] else int(match[1] or match[2] or match[3])
        if number == len(starts) + 1:
            starts.append(match)
    if not starts or starts[0].start():
        return []
    if len(starts) == 1 and "\n" in text:
        return []  # only one line has a number: it is no list's
    ends = [match.start() for match in starts[1:]] + [len(text)]
    entries = [" ".join(text[match.end() : end].split()) for match, end in zip(starts, ends, strict=True)]
    return [entry.rstrip(";；|").strip() for entry in entries if entry.strip(";；| ")]


def _paper(item: Any, remarks: list[str]) -> Any:
    """Return a title with its venue and year apart, or a paper under its known keys; anything else as it is."""
    if isinstance(item, Mapping):
        return _known_keys(item, remarks)
    if not isinstance(item, str):
        return item
    title, _, summary = item.partition(_SUMMARY)
    if len(summary) <= _LONG_SUMMARY:
        title, summary = item, ""
    paper = with_venue(title)
    if len(paper) == 1:
        return item
    return {**paper, "summary": summary} if summary else paper


def _known_keys(item: Mapping[str, Any], remarks: list[str]) -> dict[str, Any]:
    paper = dict(_paper_fields(item))
    unused = [str(key) for key in item if str(key).casefold() not in _PAPER_KEYS]
    remark = f"of the papers these keys are not used: {', '.join(unused[:8])}"
    if unused and remark not in remarks:
        remarks.append(remark)
    return paper or dict(item)


def _paper_fields(item: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the known fields of a paper; a field's own name wins over another word for it."""
    for key, value in sorted(item.items(), key=lambda pair: str(pair[0]) in Paper.model_fields):
        if known := _PAPER_KEYS.get(str(key).casefold()):
            yield known, value
