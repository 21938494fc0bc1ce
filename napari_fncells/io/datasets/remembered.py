"""Archives without a published hash: what came the first time is compared with what comes next."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from napari_fncells.io.atomic import SaveError, write_atomic
from napari_fncells.io.datasets.places import default_folder

_AT_MOST_NAMED = 3


class _Seen(BaseModel):
    """An archive as it came.

    Attributes
    ----------
    sha256
        Of the archive.
    on
        When it came.
    files
        Checksum (CRC-32) of each file in it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str
    on: date
    files: dict[str, int]


def compare_and_remember(key: str, archive: Path, sha256: str, *, whole: bool) -> str:
    """Compare an archive with the one that came before, and remember it.

    Parameters
    ----------
    key
        The data set.
    archive
        The zip.
    sha256
        Its hash.
    whole
        Whether it holds the whole data set; a part of one is not remembered.

    Returns
    -------
    str
        What differs, in a sentence; empty where nothing does, or none came before.
    """
    files = _checksums(archive)
    before = _read(key)
    if whole:
        with suppress(OSError, SaveError):  # a help, not a need
            seen = _Seen(sha256=sha256, on=datetime.now(UTC).date(), files=files)
            write_atomic(_file(key), seen.model_dump_json().encode(), replace=True)
    if before is None or before.sha256 == sha256:
        return ""
    return (
        f"The archive is another one than on {before.on} (SHA-256 {before.sha256[:12]}… then, "
        f"{sha256[:12]}… now): {_difference(before.files, files)}."
    )


def _difference(before: Mapping[str, int], now: Mapping[str, int]) -> str:
    groups = {
        "changed": sorted(n for n in before.keys() & now.keys() if before[n] != now[n]),
        "missing": sorted(before.keys() - now.keys()),
        "new": sorted(now.keys() - before.keys()),
    }
    told = [f"{len(names)} {word} ({_named(names)})" for word, names in groups.items() if names]
    return "of its files " + ", ".join(told) if told else "all files in it are the same"


def _named(names: list[str]) -> str:
    more = ", …" if len(names) > _AT_MOST_NAMED else ""
    return ", ".join(names[:_AT_MOST_NAMED]) + more


def _checksums(archive: Path) -> dict[str, int]:
    with zipfile.ZipFile(archive) as opened:
        return {info.filename: info.CRC for info in opened.infolist() if not info.is_dir()}


def _read(key: str) -> _Seen | None:
    try:
        return _Seen.model_validate_json(_file(key).read_bytes())
    except (OSError, ValidationError):
        return None


def _file(key: str) -> Path:
    return default_folder() / f"{key}.archive.json"
