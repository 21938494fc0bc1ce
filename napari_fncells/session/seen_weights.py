"""Which weights pictures and folders were last drafted with, so that others are told of."""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from napari_fncells.core.document import Document
from napari_fncells.core.edits import EditKind
from napari_fncells.core.errors import UserError
from napari_fncells.core.params import DraftParams
from napari_fncells.core.segment import Draft
from napari_fncells.io.user_data import data_folder, keep_file

SCORED_BY = "scored_by"
"""Name, among a draft's parameters in history and record, of what its model was."""
_FILE = "weights-seen.json"
_MOST_FOLDERS = 2000


def last_digest(document: Document, model: str) -> str:
    """SHA-256 of the weights that a picture was last drafted with; '' for none of that name."""
    for edit in document.newest_in_force:
        if edit.change.kind is EditKind.DRAFT:
            made = edit.change.details.get("params", {}).get(SCORED_BY, {})
            if made.get("model") == model:
                return str(made.get("sha256", ""))
    return ""


def params_of(details: Mapping[str, Any]) -> DraftParams:
    """Parameters of a draft that this program made, from the details of its edit."""
    params = {name: value for name, value in details["params"].items() if name != SCORED_BY}
    return DraftParams.model_validate(params)


def note_steps(
    draft: Draft, folder: Path | None, picture: str = "", root: Path | None = None
) -> Generator[str, None, Draft]:
    """Remember the weights of a draft for its folder; its words tell where they are others.

    Parameters
    ----------
    draft
        Of any kind; those by no model are given back as they are.
    folder
        Where the picture lies; None where it has no file.
    picture
        Digest that the picture itself was last drafted with, see `last_digest`.
    root
        The folder of the user's data, where it is not the usual one.
    """
    name, digest = draft.score.source.get("model"), draft.score.source.get("sha256")
    if not name or not digest:
        return draft
    yield "Noting the weights"
    place = data_folder(root) / _FILE
    seen = _read(place)
    key = str(folder.resolve()) if folder is not None else ""
    before = seen.get(key, {}).get(name, "")
    if key and before != digest:
        seen[key] = {**seen.pop(key, {}), name: digest}
        # What cannot be remembered is no reason to lose the draft
        with suppress(UserError, OSError):
            newest = dict(list(seen.items())[-_MOST_FOLDERS:])
            keep_file(place, json.dumps(newest).encode())
    words = changed_in_words(name, digest, picture, before)
    return replace(draft, words=f"{draft.words} {words}".strip())


def changed_in_words(name: str, digest: str, picture: str, folder: str) -> str:
    """Say that weights are others than those of the last draft; nothing where they are not."""
    former, what = (picture, "picture") if picture and picture != digest else (folder, "folder")
    if not former or former == digest:
        return ""
    return (
        f"The weights of {name} are others than when this {what} was last drafted with it: "
        f"SHA-256 {former[:8]}… then, {digest[:8]}… now."
    )


def _read(place: Path) -> dict[str, dict[str, str]]:
    try:
        found = json.loads(place.read_bytes())
    except (OSError, ValueError):
        return {}
    return (
        {k: v for k, v in found.items() if isinstance(v, dict)} if isinstance(found, dict) else {}
    )
