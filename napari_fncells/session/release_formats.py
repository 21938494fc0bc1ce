"""Formats at their work for a set: whatever their libraries raise is a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from napari_fncells.core.errors import ParameterError, UserError
from napari_fncells.core.params.export import ExportParams
from napari_fncells.io.exporters import EXPORTERS
from napari_fncells.io.exporters.base import Comparison, Exporter, GroundTruth, Writer
from napari_fncells.io.save_error import SaveCode, SaveError, explain_os_error

_FOLDERS = {"binary-png": "masks"}
"""Formats whose folder has another name: with `images` beside, the set is laid out as FNC is."""


def chosen_formats(names: str | list[str]) -> list[Exporter]:
    """Formats by their names, each once.

    Parameters
    ----------
    names
        With commas between them, or as a list; 'all' for every one.

    Raises
    ------
    ParameterError
        There is none of that name.
    """
    parts = names.split(",") if isinstance(names, str) else names
    wanted = [name.strip() for name in parts if name.strip()]
    if not wanted:
        raise ParameterError("No format was chosen.", f"Choose of: all, {', '.join(EXPORTERS)}.")
    for name in wanted:
        if name != "all" and name not in EXPORTERS:
            raise ParameterError(
                f"There is no format named {name!r}.", f"Choose of: all, {', '.join(EXPORTERS)}."
            )
    if "all" in wanted:
        return list(EXPORTERS.values())
    return [EXPORTERS[name] for name in dict.fromkeys(wanted)]


def folder_of(form: Exporter) -> str:
    """Name of a format's folder in a set."""
    return _FOLDERS.get(form.name, form.name)


class Writing:
    """One format that writes a set.

    Parameters
    ----------
    form
        The format.
    place
        The set.
    params
        What it is asked.
    """

    def __init__(self, form: Exporter, place: Path, params: ExportParams) -> None:
        self.form = form
        self._folder = place / folder_of(form)
        with self._explained(self._folder):
            self._folder.mkdir()
            self._writer: Writer = form.writer(self._folder, params)

    def add(self, truth: GroundTruth) -> None:
        """Write one picture."""
        with self._explained(self._folder / truth.stem):
            self._writer.add(truth)

    def close(self) -> None:
        """Write what is of several pictures."""
        with self._explained(self._folder):
            self._writer.close()

    @contextmanager
    def _explained(self, path: Path) -> Iterator[None]:
        try:
            yield
        except UserError:
            raise
        except OSError as error:
            raise explain_os_error(error, path) from error
        except Exception as error:
            raise SaveError(
                SaveCode.IO,
                path,
                f"{self.form.title}: {path.name} was not written "
                f"({error or type(error).__name__}).",
                "Leave the format out, or tell us.",
            ) from error


class Proving:
    """One format that is read back; a reader that raises has proved nothing.

    Parameters
    ----------
    form, place, params
        As `Writing` has them.
    """

    def __init__(self, form: Exporter, place: Path, params: ExportParams) -> None:
        self.form = form
        folder = place / folder_of(form)
        self._silent = not any(path.is_file() for path in folder.rglob("*"))
        self._compare: Callable[[GroundTruth], Comparison] | None = None
        self._trouble = ""
        try:
            self._compare = form.reader(folder, params).compare
        except Exception as error:
            self._trouble = _unreadable(error)

    def compare(self, truth: GroundTruth) -> Comparison:
        """Compare one picture with what the files hold of it."""
        cells = len(truth.cells)
        if cells and self._silent:
            return _failed(cells, "no file was written.")
        if self._compare is None:
            return _failed(cells, self._trouble)
        try:
            found = self._compare(truth)
        except Exception as error:
            return _failed(cells, _unreadable(error))
        if found.cells != cells and not found.problem:
            return _failed(cells, f"{found.cells} cells were compared, and there are {cells}.")
        return found


def _failed(cells: int, problem: str) -> Comparison:
    return Comparison(cells, 0, exact=False, problem=problem)


def _unreadable(error: Exception) -> str:
    return f"it cannot be read back: {error or type(error).__name__}."
