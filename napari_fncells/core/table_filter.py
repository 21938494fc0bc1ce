"""Filters of the object table: 'area < 150 and (contrast < 2 or state = unsure)'.

A filter compares columns with numbers, other columns or states, joined by and, or, not and
brackets. Areas may have a unit, px² or µm². Nothing of it is ever run as a program.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_fncells.core.errors import UserError
from napari_fncells.core.object_table import STATES, Column, Test

Values = Mapping[str, Column]

MOST = 500
"""Characters of a filter at most."""

_DEEPEST = 40
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": np.less, "<=": np.less_equal, "≤": np.less_equal,
    ">": np.greater, ">=": np.greater_equal, "≥": np.greater_equal,
    "=": np.equal, "==": np.equal, "is": np.equal, "!=": np.not_equal, "≠": np.not_equal,
}  # fmt: skip
_EQUAL = frozenset(("=", "==", "is", "!=", "≠"))
_WORDS = frozenset(("and", "or", "not", "is"))
_UNITS = {"px": "px", "px2": "px", "px²": "px", "um": "µm", "um2": "µm", "um²": "µm",
          "µm": "µm", "µm2": "µm", "µm²": "µm"}  # fmt: skip
_AREAS = frozenset(("area", "size"))
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d*)?(?:e[+-]?\d+)?|\.\d+)|(?P<word>[^\W\d]\w*²?)"
    r"|(?P<sign><=|>=|==|!=|[<>=≤≥≠()\-]))",
    re.IGNORECASE,
)


class FilterError(UserError):
    """A filter that cannot be understood.

    Attributes
    ----------
    place
        Where in the text, from 0.
    """

    def __init__(self, place: int, what: str, remedy: str = "") -> None:
        super().__init__(f"Character {place + 1}: {what}", remedy)
        self.place = place


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    place: int


@dataclass(frozen=True)
class _Side:
    """One side of a comparison: a column, a number or a state."""

    kind: str
    value: Any
    place: int
    unit: str = ""

    def of(self, values: Values) -> Any:
        return values[self.value] if self.kind == "column" else self.value


def parse_filter(text: str, columns: Mapping[str, Any], pixel_size: float | None = None) -> Test:
    """Make a test of a filter's words.

    Parameters
    ----------
    text
        The filter; an empty one lets all pass.
    columns
        Those of the table, by name.
    pixel_size
        µm a pixel, for areas in µm²; None where it is not known.

    Raises
    ------
    FilterError
        Where it cannot be understood; tells the place.
    """
    if len(text) > MOST:
        raise FilterError(MOST, f"the filter is longer than {MOST} characters.")
    if not text.strip():
        return _everything
    return _Parser(text, columns, pixel_size).whole()


def _everything(values: Values) -> NDArray[np.bool_]:
    return np.ones(len(values["id"]), dtype=bool)


class _Parser:
    """Reads tokens from left to right: or, and, not, brackets, comparisons."""

    def __init__(self, text: str, columns: Mapping[str, Any], pixel_size: float | None) -> None:
        self._columns = columns
        self._pixel_size = pixel_size
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Test:
        test = self._either()
        if self._next.kind != "end":
            raise FilterError(self._next.place, f"'{self._next.text}' is not expected here.",
                              "Join comparisons by 'and' or 'or'.")  # fmt: skip
        return test

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self, *texts: str) -> _Token | None:
        """The next token if it is one of these words or signs."""
        token = self._next
        if token.kind in ("word", "sign") and token.text.lower() in texts:
            self._at += 1
            return token
        return None

    def _either(self) -> Test:
        tests = [self._all()]
        while self._take("or"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else _any_of(tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._take("and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else _all_of(tests)

    def _one(self) -> Test:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise FilterError(self._next.place, "there are too many brackets within brackets.")
        try:
            if self._take("not"):
                return _none_of(self._one())
            opened = self._take("(")
            if opened is None:
                return self._comparison()
            test = self._either()
            if self._take(")") is None:
                raise FilterError(self._next.place, f"the bracket opened at character "
                                  f"{opened.place + 1} is not closed.")  # fmt: skip
            return test
        finally:
            self._depth -= 1

    def _comparison(self) -> Test:
        """Two sides or more: '100 < area < 200'."""
        left = self._side()
        tests: list[Test] = []
        while (sign := self._take(*_COMPARE)) is not None:
            right = self._side()
            tests.append(self._compared(left, sign, right))
            left = right
        if not tests:
            raise FilterError(self._next.place, "a comparison is expected here: <, >, =, <=, >= "
                              "or !=.", "For example: area < 150")  # fmt: skip
        return tests[0] if len(tests) == 1 else _all_of(tests)

    def _side(self) -> _Side:
        minus = self._take("-")
        token = self._next
        if token.kind == "number":
            self._at += 1
            number = float(token.text)
            return _Side("number", -number if minus else number, token.place, self._unit())
        if token.kind != "word" or token.text.lower() in _WORDS or minus:
            found = "the filter ends" if token.kind == "end" else f"'{token.text}' stands"
            raise FilterError(token.place, f"{found} where a column or a number is expected.",
                              f"Columns: {', '.join(self._columns)}.")  # fmt: skip
        self._at += 1
        name = token.text.lower()
        if name in self._columns:
            return _Side("column", name, token.place)
        states = [str(state) for state in STATES]
        if name in states:
            return _Side("state", float(states.index(name)), token.place)
        if name == "size":
            raise FilterError(token.place, "the size of a pixel is not known.", "Use 'area'.")
        known = f"Columns: {', '.join(self._columns)}; states: {', '.join(states)}."
        raise FilterError(token.place, f"there is no column and no state '{token.text}'.", known)

    def _unit(self) -> str:
        token = self._next
        # Two characters look alike: the micro sign and the Greek letter
        unit = _UNITS.get(token.text.lower().replace("μ", "µ")) if token.kind == "word" else None
        if unit is None:
            return ""
        self._at += 1
        if unit == "µm" and self._pixel_size is None:
            raise FilterError(token.place, "the size of a pixel is not known.", "Use px².")
        return unit

    def _compared(self, left: _Side, sign: _Token, right: _Side) -> Test:
        by_state = [side.kind == "state" or side.value == "state" for side in (left, right)]
        if any(by_state):
            if not all(by_state):
                raise FilterError(right.place, "a state is compared with something else.",
                                  "For example: state = draft")  # fmt: skip
            if sign.text.lower() not in _EQUAL:
                raise FilterError(sign.place, f"states have no order: '{sign.text}' says nothing.",
                                  "Use = or !=.")  # fmt: skip
        left, right = self._in_unit_of(left, right), self._in_unit_of(right, left)
        compare = _COMPARE[sign.text.lower()]

        def test(values: Values) -> NDArray[np.bool_]:
            one, other = left.of(values), right.of(values)
            # What is not measured passes no comparison
            known = ~(np.isnan(one) | np.isnan(other))
            return np.asarray(
                np.broadcast_to(compare(one, other) & known, values["id"].shape), dtype=bool
            )

        return test

    def _in_unit_of(self, side: _Side, column: _Side) -> _Side:
        """A number in the unit of the column that it is compared with."""
        if side.kind != "number" or not side.unit:
            return side
        if column.kind != "column" or column.value not in _AREAS:
            raise FilterError(side.place, "only areas have a unit.", "Leave it out.")
        own = "µm" if column.value == "size" else "px"
        if own == side.unit or self._pixel_size is None:
            return side
        factor = self._pixel_size**2
        value = side.value * factor if own == "µm" else side.value / factor
        return _Side("number", value, side.place)


def _tokens(text: str) -> list[_Token]:
    found, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            place = at + len(text[at:]) - len(text[at:].lstrip())
            raise FilterError(place, f"'{text[place]}' is not understood.")
        kind = match.lastgroup
        found.append(_Token(kind, match[kind], match.start(kind)))
        at = match.end()
    return [*found, _Token("end", "", end)]


def _any_of(tests: list[Test]) -> Test:
    return lambda values: np.logical_or.reduce([test(values) for test in tests])


def _all_of(tests: list[Test]) -> Test:
    return lambda values: np.logical_and.reduce([test(values) for test in tests])


def _none_of(test: Test) -> Test:
    return lambda values: ~test(values)
