"""Where one stopped in a folder of pictures: found again the next time, after a crash, too."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from napari_fncells.core.params.attention import AttentionParams
from napari_fncells.io.user_data import data_folder, keep_file
from napari_fncells.session.entry import EntryState
from napari_fncells.session.queue import SortBy, View


class Bookmark(BaseModel):
    """Where one stopped.

    Attributes
    ----------
    picture
        Name of the picture that was looked at; empty for none.
    states, search, sort, descending
        Which pictures were shown.
    camera
        Row, column and zoom, in pixels of the canvas per pixel of the world.
    drafting
        Whether each new picture is drafted when it is opened.
    draft
        The settings of the drafts: name of a method, or all of its parameters.
    attention
        Settings of the attention check; None where it is off.
    unwritten
        Pictures whose mask files may be behind their journals.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: Literal["fncells-bookmark/1"] = "fncells-bookmark/1"
    folder: str = ""
    annotator: str = ""
    picture: str = ""
    states: tuple[EntryState, ...] | None = None
    search: str = ""
    sort: SortBy = "name"
    descending: bool = False
    camera: tuple[float, float, float] | None = None
    drafting: bool = False
    draft: str | dict[str, Any] | None = None
    attention: AttentionParams | None = None
    unwritten: tuple[str, ...] = ()

    @property
    def view(self) -> View:
        """Which pictures were shown."""
        states = None if self.states is None else frozenset(self.states)
        return View(states, self.search, self.sort, self.descending)

    def at(self, **changes: Any) -> Bookmark:
        """The same with something else."""
        return self.model_copy(update=changes)

    def with_view(self, view: View) -> Bookmark:
        """The same with other pictures shown."""
        states = None if view.states is None else tuple(sorted(view.states))
        return self.at(
            states=states, search=view.search, sort=view.sort, descending=view.descending
        )


def read_bookmark(folder: Path, root: Path | None = None) -> Bookmark:
    """Read where one stopped in a folder; an empty one where that is not known."""
    try:
        return Bookmark.model_validate_json(_file(folder, root).read_bytes())
    except (OSError, ValidationError):
        return Bookmark(folder=str(folder))


def write_bookmark(bookmark: Bookmark, folder: Path, root: Path | None = None) -> None:
    """Remember where one is.

    Raises
    ------
    SaveError, OSError
        Where it cannot be written.
    """
    content = bookmark.at(folder=str(folder)).model_dump_json(indent=1).encode()
    keep_file(_file(folder, root), content)


def _file(folder: Path, root: Path | None) -> Path:
    key = hashlib.sha256(str(folder.resolve()).encode("utf-8", "surrogateescape")).hexdigest()
    return data_folder(root) / "queues" / f"{key[:20]}.json"
