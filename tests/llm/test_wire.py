"""Reading usage, and deciding about another attempt: the parts that need no server."""

import pytest

from drafter.llm import Usage
from drafter.llm.faults import LONGEST_PAUSE, Retry, pause_before, scrub
from drafter.llm.presets import is_loopback
from drafter.llm.wire import read_usage


@pytest.mark.parametrize(
    ("usage", "read"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 2}, Usage(9, 0, 2)),
        ({"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 8}}, Usage(9, 8, 2)),
        ({"prompt_tokens": 9, "prompt_cache_hit_tokens": 7, "prompt_tokens_details": None}, Usage(9, 7, 0)),
        ({"prompt_tokens": 9, "cached_tokens": 6, "prompt_tokens_details": {"cached_tokens": 0}}, Usage(9, 6, 0)),
        ({"prompt_tokens": None, "completion_tokens": "2"}, Usage()),
        (None, Usage()),
        ([], Usage()),
    ],
)
def test_usage_of_all_providers(usage, read):
    assert read_usage(usage) == read


def test_usage_adds_up():
    assert Usage(1, 2, 3) + Usage(10, 20, 30) == Usage(11, 22, 33)


@pytest.mark.parametrize(
    ("seconds", "number", "least", "most"),
    [
        (None, 1, 0.25, 0.5),
        (None, 2, 0.5, 1.0),
        (None, 4, 2.0, 4.0),
        (None, 500, LONGEST_PAUSE / 2, LONGEST_PAUSE),
        (40.0, 1, 40.0, 44.0),
        (0.1, 3, 1.0, 2.0),
    ],
)
def test_pauses(seconds, number, least, most):
    retry = Retry("rate limited", seconds)
    assert pause_before(retry, number, jitter=lambda low, high: low) == pytest.approx(least)
    assert pause_before(retry, number, jitter=lambda low, high: high) == pytest.approx(most)


@pytest.mark.parametrize(
    ("address", "is_local"),
    [
        ("http://localhost:1/v1", True),
        ("http://LOCALHOST/v1", True),
        ("http://127.8.0.1/v1", True),
        ("http://[::1]:1/v1", True),
        ("http://0.0.0.0:1/v1", True),
        ("http://model.localhost/v1", True),
        ("http://10.0.0.1/v1", False),
        ("http://localhost.example.com/v1", False),
        ("https://api.example.com/v1", False),
    ],
)
def test_loopback(address, is_local):
    assert is_loopback(address) is is_local


@pytest.mark.parametrize(
    ("text", "key", "scrubbed"),
    [
        ("key=abcdefgh1 is bad", "abcdefgh1", "key=*** is bad"),
        ("xabcdefgh1x", "abcdefgh1", "x***x"),
        ("k is not known", "k", "*** is not known"),
        ("a+b (c)", "a+b", "*** (c)"),
        ("sk-proj-****wxyz and Bearer abc", "other", "*** and ***"),
        ("sk-learn", "other", "sk-learn"),
    ],
)
def test_scrubbing(text, key, scrubbed):
    assert scrub(text, key) == scrubbed
