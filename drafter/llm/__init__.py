"""Models behind an OpenAI-compatible address: asking one, reading its reply, and connecting to it from settings.

Importing this is cheap: openai is loaded with the first attempt.
"""

from drafter.llm.base import (
    Attempt,
    Completion,
    Gate,
    Limits,
    Message,
    Mode,
    Model,
    NoRecorder,
    OpenGate,
    Outcome,
    Recorder,
    Usage,
)
from drafter.llm.client import ChatModel
from drafter.llm.connect import connect
from drafter.llm.presets import PRESETS, Preset
from drafter.llm.reply import json_objects, parse_mail
from drafter.llm.wire import read_again

__all__ = [
    "PRESETS",
    "Attempt",
    "ChatModel",
    "Completion",
    "Gate",
    "Limits",
    "Message",
    "Mode",
    "Model",
    "NoRecorder",
    "OpenGate",
    "Outcome",
    "Preset",
    "Recorder",
    "Usage",
    "connect",
    "json_objects",
    "parse_mail",
    "read_again",
]
