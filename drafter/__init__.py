"""drafter writes a first e-mail to an AI researcher and proves, sentence by sentence, what it says.

The names below are the whole public interface; `drafter.api` shows how they go together. They are loaded when first used,
so that `drafter --help` stays quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drafter.api import check, follow_up, load_library, map_fields, plan, rewrite, select_tracks, write
    from drafter.candidate import Candidate, Sender
    from drafter.checker import Mail
    from drafter.errors import DrafterError
    from drafter.library import Library
    from drafter.planning import Plan, Wishes
    from drafter.report import Draft, Finding

__all__ = [
    "Candidate",
    "Draft",
    "DrafterError",
    "Finding",
    "Library",
    "Mail",
    "Plan",
    "Sender",
    "Wishes",
    "check",
    "follow_up",
    "load_library",
    "map_fields",
    "plan",
    "rewrite",
    "select_tracks",
    "write",
]

_HOMES = {
    "Candidate": "candidate",
    "Draft": "report",
    "DrafterError": "errors",
    "Finding": "report",
    "Library": "library",
    "Mail": "checker",
    "Plan": "planning",
    "Sender": "candidate",
    "Wishes": "planning",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'drafter' has no attribute {name!r}")
    return getattr(import_module(f"drafter.{_HOMES.get(name, 'api')}"), name)
