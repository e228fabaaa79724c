"""What can go wrong, as facts. A dialect's `errors.py` decides the status and the words on the wire."""

from __future__ import annotations

from collections.abc import Sequence


class DomainError(Exception):
    """Base of every expected failure. `str()` is a sentence for the caller, free of other people's data."""


class NotFoundError(DomainError):
    """No such thing, or none that the caller may know of."""


class DeniedError(DomainError):
    """The caller is known and may not do this."""


class InvalidError(DomainError):
    """The input breaks a rule.

    Parameters
    ----------
    message
        What is wrong and what would be right.
    field
        Name of the field in domain words, when one field is at fault.
    code
        `blank`, `too_long`, `invalid`, …
    """

    def __init__(self, message: str, *, field: str = "", code: str = "invalid") -> None:
        super().__init__(message)
        self.field = field
        self.code = code


class FieldsError(InvalidError):
    """Several fields break rules; `problems` has one error for each."""

    def __init__(self, problems: Sequence[InvalidError]) -> None:
        first = problems[0]
        super().__init__(str(first), field=first.field, code=first.code)
        self.problems = tuple(problems)


class TooShortError(InvalidError):
    """A text has fewer characters than it needs, such as a search term."""

    def __init__(self, least: int, *, field: str) -> None:
        super().__init__(f"{least} or more characters is required", field=field)


class ConflictError(DomainError):
    """The thing changed between reading and writing, or an id was taken; the caller may try again."""


class TooLargeError(DomainError):
    """The input is larger than the service takes."""


class TooManyGuessesError(DomainError):
    """So many wrong keys were tried that none is looked at until `retry_s` seconds have passed."""

    def __init__(self, retry_s: int) -> None:
        super().__init__("Too many wrong keys; try again in a minute.")
        self.retry_s = retry_s


class PackageError(DomainError):
    """A package cannot be read at all; `str()` says why to the person who uploaded it."""
