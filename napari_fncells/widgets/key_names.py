"""Names of keys as they stand on the keyboard."""

from __future__ import annotations

import sys

from napari_fncells.viewer.commands import Command

# napari writes these as symbols everywhere, which are on the keys of a Mac alone
_WORDS = {
    "⇧": "Shift",
    "⌦": "Del",
    "⌫": "Backspace",
    "↵": "Enter",
    "⎋": "Esc",
    "⇥": "Tab",
    "␣": "Space",
}

# Alone, these are easily overlooked
_SMALL = {".": ". (dot)", ",": ", (comma)"}


def key_names(command: Command) -> tuple[str, ...]:
    """The keys a command has now, each as 'Ctrl+Shift+Z', or '⌃⇧Z' on a Mac."""
    return tuple(_SMALL.get(keys) or _spelled(keys) for keys in command.shortcuts)


def _spelled(keys: str) -> str:
    if sys.platform == "darwin":
        return keys
    for symbol, word in _WORDS.items():
        keys = keys.replace(symbol, word)
    return keys
