"""Errors that a person reads: one sentence saying what happened, one saying what to do."""

from __future__ import annotations


class UserError(Exception):
    """Something the user can mend.

    The command line prints it and exits with 2; the window shows it as a notification.
    Every error that is expected to reach a person derives from this class.

    Parameters
    ----------
    sentence
        What happened, in plain words, with the value that was wrong.
    remedy
        What to do about it. May be empty where nothing can be done.
    """

    def __init__(self, sentence: str, remedy: str = "") -> None:
        super().__init__(sentence, remedy)
        self.sentence = _shown(sentence)
        self.remedy = _shown(remedy)

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}".strip()


def _shown(text: str) -> str:
    """Text with what a file's name may hold, but a terminal or a label must not, written out."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


class ParameterError(UserError):
    """A parameter is unknown or its value lies outside the range it may take."""
