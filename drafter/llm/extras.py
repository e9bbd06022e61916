"""The fields of a request that are sent only where a server wants them, and what is learned when it does not.

Servers that speak OpenAI's protocol differ in how an answer's length is limited, how thinking is switched off, and whether
there is a role for instructions. Each refuses what it does not know with a 400 that names it. Then the field is dropped
or renamed, the request is sent once more, and the lesson is kept for the rest of the run.
"""

import re
from collections.abc import Mapping
from typing import Any

from drafter.llm.base import Message

CAP = 8_192
"""Most tokens of an answer: ten times a mail, so that only a model that runs away, or thinks at length, meets it."""

_RENAMED = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
# "maximum context length is 4096 tokens, you requested ...": the cap alone fills a small model's window
_TOO_LONG = re.compile(r"context (?:length|window|size)|max(?:imum)?[ _]model[ _]len|too (?:long|large)|exceed", re.I)
_NO_SYSTEM = re.compile(
    r"system (?:role|message|prompt)s?\b.{0,60}\b(?:not|un)\s?support|\b(?:not|un)\s?support\w*.{0,60}\bsystem (?:role|message|prompt)"
    r"|only user and assistant roles",
    re.I | re.S,
)


class Extras:
    """The optional fields of a client's requests.

    Args:
        fields: what to send beside model, messages and the form of the answer.
    """

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.fields = dict(fields)
        self.merge_system = False
        """Put the instructions in front of the first user message."""

    @property
    def state(self) -> tuple[Any, ...]:
        """What a request was made of, to tell whether something has been learned since."""
        return (*self.fields, self.merge_system)

    def learn(self, complaint: str) -> str:
        """Change what is sent by what a server says it does not take.

        Args:
            complaint: the server's words about a request.

        Returns:
            What was changed, in words for a person; "" if nothing can be.
        """
        if not self.merge_system and _NO_SYSTEM.search(complaint):
            self.merge_system = True
            return "takes no system message; the rules are sent with the first message"
        for name in list(self.fields):
            if not re.search(rf"\b{re.escape(name)}\b", complaint):
                continue
            value, other = self.fields.pop(name), _RENAMED.get(name)
            if other and re.search(rf"\b{other}\b", complaint):
                self.fields[other] = value
                return f"takes “{other}” instead of “{name}”"
            return f"does not take “{name}”; it is left out"
        cap = next((name for name in self.fields if name in _RENAMED), None)
        if cap and _TOO_LONG.search(complaint):
            del self.fields[cap]
            return "has a small window; the answer’s length is not limited"
        return ""

    def arranged(self, messages: tuple[Message, ...]) -> list[dict[str, str]]:
        """Return the messages as they are sent."""
        if self.merge_system and len(messages) > 1 and messages[0].role == "system":
            first = Message("user", f"{messages[0].content}\n\n{messages[1].content}")
            messages = (first, *messages[2:])
        # half a surrogate pair, which JSON escapes can smuggle in, cannot be sent
        return [{"role": m.role, "content": m.content.encode("utf-8", "replace").decode("utf-8")} for m in messages]
