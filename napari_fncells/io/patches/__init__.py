"""Forms in which patches are written: one a file, all in one registry."""

from __future__ import annotations

from napari_fncells.core.errors import ParameterError
from napari_fncells.io.patches.base import PatchForm, PatchReader, PatchRow, PatchWriter
from napari_fncells.io.patches.folders import FOLDERS
from napari_fncells.io.patches.npz import NPZ
from napari_fncells.io.patches.shards import WEBDATASET

PATCH_FORMS: dict[str, PatchForm] = {form.name: form for form in (FOLDERS, NPZ, WEBDATASET)}


def patch_form(name: str) -> PatchForm:
    """The form of that name.

    Raises
    ------
    ParameterError
        There is none.
    """
    try:
        return PATCH_FORMS[name]
    except KeyError:
        raise ParameterError(
            f"Patches cannot be written as {name!r}.", f"Choose one of: {', '.join(PATCH_FORMS)}."
        ) from None


__all__ = [
    "PATCH_FORMS",
    "PatchForm",
    "PatchReader",
    "PatchRow",
    "PatchWriter",
    "patch_form",
]
