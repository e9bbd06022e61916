"""Everything that can go wrong, in one tree.

    DrafterError
    ├── UsageError        a wrong flag, or an id on the command line that nobody knows    exit 2
    ├── InputError        a file or record that cannot be used                            exit 1
    │   └── SenderError   the sender's file
    ├── SettingsError     a settings file, or settings that contradict each other         exit 1
    ├── LibraryError      a library file                                                  exit 1
    ├── StoreError        the file of drafts                                              exit 1
    ├── PromptError       a prompt template or a tone                                     exit 1
    └── ModelError        the model did not give an answer that can be used               exit 1
        ├── AuthError     no key, or the key was refused                                  exit 4
        ├── QuotaError    the account has nothing left to spend                           exit 1
        ├── ModelUnknown  the address knows no model of this name                         exit 1
        ├── Unreachable   no connection, a timeout, a server in trouble                   exit 1
        └── BadReply      an answer came, but none that can be read as a mail             exit 1

Each says where it happened, what happened, and what to do next. `str()` is one line for a person; `as_json()` is the
object that stands in a failed row's place.
"""

from typing import ClassVar


class DrafterError(Exception):
    """Base of all errors that drafter raises on purpose.

    Args:
        message: what is wrong, in words for a person.
        where: file and line, row, or setting; empty if the message says it.
        next: the next command or step; empty if there is none.
    """

    rule: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1
    ends_run: ClassVar[bool] = False
    """Every further request would end the same way, so that a run is stopped by the first."""

    def __init__(self, message: str, *, where: str = "", next: str = "") -> None:
        super().__init__(message)
        self.message, self.where, self.next = message, where, next

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        if self.next:
            text = f"{text.rstrip('.')}{'' if text.endswith('?') else '.'} {self.next}"
        return " ".join(text.split())

    def as_json(self) -> dict[str, str]:
        """Return `{"rule", "message", "next"}`, the form in which a failed row is printed."""
        message = f"{self.where}: {self.message}" if self.where else self.message
        return {"rule": self.rule, "message": " ".join(message.split()), "next": self.next}


class UsageError(DrafterError):
    """A wrong flag, or an id on the command line that nobody knows."""

    rule = "usage"
    exit_code = 2


class InputError(DrafterError):
    """A file or a record that cannot be used."""

    rule = "input"


class SenderError(InputError):
    """The sender's file cannot be used."""

    rule = "sender"


class SettingsError(DrafterError):
    """A settings file, or settings that contradict each other."""

    rule = "settings"


class LibraryError(DrafterError):
    """A library file that cannot be used."""

    rule = "library"


class StoreError(DrafterError):
    """The file of drafts cannot be used."""

    rule = "store"


class PromptError(DrafterError):
    """A prompt template or a tone that cannot be used."""

    rule = "prompt"


class ModelError(DrafterError):
    """The model did not give an answer that can be used."""

    rule = "model"


class AuthError(ModelError):
    """No key, or the key was refused."""

    rule = "model.key"
    exit_code = 4
    ends_run = True


class QuotaError(ModelError):
    """The account has nothing left to spend."""

    rule = "model.quota"
    ends_run = True


class ModelUnknown(ModelError):
    """The address knows no model of this name."""

    rule = "model.unknown"
    ends_run = True


class Unreachable(ModelError):
    """No connection, a timeout, or a server in trouble, after all retries."""

    rule = "model.unreachable"


class BadReply(ModelError):
    """An answer came, but none that can be read as a mail."""

    rule = "model.reply"
