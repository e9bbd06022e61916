"""Profiles as OpenReview exports them, as objects or as JSON in the cells of a table.

A profile has several names, addresses and places of work; what counts now becomes the candidate, under a candidate's keys.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

STANDS_FOR: Mapping[str, str] = {
    "names": "name",
    "preferredName": "name",
    "preferredEmail": "email",
    "emails": "email",
    "emailsConfirmed": "email",
    "history": "affiliation",
    "expertise": "interests",
}
"""What the parts of a profile become; a history gives the position too."""

_HOLDS_LISTS = ("names", "history", "expertise", "emails", "emailsConfirmed")


def profiles(value: Any) -> Any:
    """Return the profiles that an answer of the service holds; any other value as it is."""
    if isinstance(value, dict) and isinstance(value.get("profiles"), list) and "name" not in value:
        return value["profiles"]
    return value


def as_candidate(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a profile as the record of a candidate; any other record as it is."""
    content = record.get("content")
    if isinstance(content, Mapping) and "names" in content:
        rest = {key: value for key, value in record.items() if key != "content"}
        record = {**rest, **{str(key): _plain(value) for key, value in content.items()}}
    profile = dict(record)
    if "names" not in profile and "preferredName" not in profile:
        return profile
    for key in _HOLDS_LISTS:
        profile[key] = _listed(profile.get(key))
    if not (profile["names"] or profile.get("preferredName")):
        return dict(record)
    place = _now(profile.pop("history"))
    institution = place.get("institution")
    found = {
        "name": _name(profile.pop("names"), profile.pop("preferredName", None)),
        "email": _address(profile),
        "affiliation": institution.get("name") if isinstance(institution, Mapping) else institution,
        "position": place.get("position"),
        "interests": _interests(profile.pop("expertise")),
    }
    return {**{key: value for key, value in found.items() if value}, **_filled(profile)}


def _filled(profile: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in profile.items() if value not in (None, "", [])}


def _plain(value: Any) -> Any:
    """Return what newer versions of the service wrap into `{"value": …}`."""
    return value["value"] if isinstance(value, Mapping) and set(value) <= {"value", "readers"} and value else value


def _listed(value: Any) -> list[Any]:
    """Return a list as it is, or as JSON in a text."""
    if isinstance(value, str) and value.strip():
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return [value]
    return value if isinstance(value, list) else [value] if value else []


def _name(names: Sequence[Any], preferred: Any) -> str:
    if isinstance(preferred, str) and preferred:
        return preferred
    known = [name for name in names if isinstance(name, Mapping)]
    chosen = next((name for name in known if name.get("preferred")), known[0] if known else {})
    parts = [chosen.get(part) or "" for part in ("first", "middle", "last")]
    whole = chosen.get("fullname") or " ".join(" ".join(map(str, parts)).split())
    return str(whole or next((name for name in names if isinstance(name, str)), ""))


def _address(profile: dict[str, Any]) -> Any:
    """Return the address to write to; OpenReview shows strangers only its domain, behind asterisks, which is none."""
    confirmed, others = profile.pop("emailsConfirmed"), profile.pop("emails")
    preferred = profile.pop("preferredEmail", None)
    known = [text for text in (preferred, *confirmed, *others) if isinstance(text, str) and "*" not in text]
    return [*dict.fromkeys(known)][:1] and list(dict.fromkeys(known))


def _now(history: Sequence[Any]) -> Mapping[str, Any]:
    """Return the present place of work: without an end, else the one that ended or began last."""
    places = [place for place in history if isinstance(place, Mapping)]
    return max(places, key=lambda place: (_year(place.get("end"), 9999), _year(place.get("start"), 0)), default={})


def _year(value: Any, otherwise: int) -> int:
    text = str(value or "").strip()[:4]
    return int(text) if text.isdecimal() else otherwise


def _interests(expertise: Sequence[Any]) -> list[str]:
    """Return the topics, those without an end first."""
    groups = [group for group in expertise if isinstance(group, Mapping)]
    groups.sort(key=lambda group: -_year(group.get("end"), 9999))
    topics = [topic for group in groups for topic in _listed(group.get("keywords"))]
    topics += [topic for topic in expertise if isinstance(topic, str)]
    return list(dict.fromkeys(str(topic) for topic in topics))
