"""Whether a zip archive may be unpacked: nothing outside its folder, no links, no bombs."""

from __future__ import annotations

import re
import stat
import unicodedata
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass

from napari_fncells.io.datasets.error import DatasetCode, DatasetError
from napari_fncells.io.datasets.progress import in_bytes

_KNOWN_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|]')
_LONGEST_NAME = 255  # bytes
# What file managers add of their own
_MAC_FOLDER = "__MACOSX"


@dataclass(frozen=True)
class Limits:
    """The most that an archive may unpack to.

    Attributes
    ----------
    files
        Number of files.
    total
        Bytes of all.
    ratio
        Bytes unpacked per byte packed, of a file of more than `ratio_from` bytes.
    ratio_from
        Smaller files may be packed as well as they like.
    """

    files: int = 20_000
    total: int = 10_000_000_000
    ratio: float = 200
    ratio_from: int = 1_000_000


@dataclass(frozen=True)
class Member:
    """A file of an archive and the folders and name it may be written to."""

    info: zipfile.ZipInfo
    parts: tuple[str, ...]


def check_members(
    infos: Iterable[zipfile.ZipInfo], archive: str, limits: Limits | None = None
) -> list[Member]:
    """See to it that an archive can be unpacked without harm.

    Parameters
    ----------
    infos
        The entries of the archive.
    archive
        Its name, for people.
    limits
        Those of `Limits` where omitted.

    Returns
    -------
    list of Member
        What is to be unpacked: the files, without what file managers added.

    Raises
    ------
    DatasetError
        It is unsafe, or packed in a way that is not known.
    """
    limits = limits or Limits()
    entries = [(info, _parts(info, archive)) for info in infos]
    members = [
        Member(info, parts)
        for info, parts in entries
        if not info.is_dir() and parts[0] != _MAC_FOLDER and parts[-1] != ".DS_Store"
    ]
    for member in members:
        _check_kind(member.info, archive)
    _check_names(members, archive)
    _check_size([member.info for member in members], archive, limits)
    return members


def _parts(info: zipfile.ZipInfo, archive: str) -> tuple[str, ...]:
    """Folders and name of an entry, all of them harmless on every system."""
    # zipfile cuts names at a NUL and swaps separators: what is stored is looked at
    name = info.orig_filename
    parts = name.removesuffix("/").split("/")
    for part in parts:
        harmless = (
            part not in {"", ".", ".."}
            and not _FORBIDDEN.search(part)
            and not part.endswith((" ", "."))
            and not _DEVICES.fullmatch(part.partition(".")[0].rstrip())
            and len(part.encode("utf-8", "surrogatepass")) <= _LONGEST_NAME
        )
        if not harmless:
            raise _unsafe(archive, f"names a file {name[:80]!r}")
    return tuple(parts)


def _check_kind(info: zipfile.ZipInfo, archive: str) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in {0, stat.S_IFREG}:
        raise _unsafe(archive, f"holds a link or device: {info.filename[:80]!r}")
    if info.flag_bits & _ENCRYPTED:
        raise DatasetError(
            DatasetCode.UNSAFE,
            f"{archive} is locked by a password.",
            "Unpack it yourself, then choose the folder.",
        )
    if info.compress_type not in _KNOWN_METHODS:
        raise DatasetError(
            DatasetCode.UNSAFE,
            f"{archive} is packed by a method that is not taken here ({info.compress_type}).",
            "Unpack it yourself, then choose the folder.",
        )


def _check_names(members: Iterable[Member], archive: str) -> None:
    """No two files may be one on a disk that ignores case, nor a file be a folder, too."""
    files: set[tuple[str, ...]] = set()
    folders: set[tuple[str, ...]] = set()
    for member in members:
        folded = tuple(unicodedata.normalize("NFC", part).casefold() for part in member.parts)
        if folded in files:
            raise _unsafe(archive, f"holds {'/'.join(member.parts)!r} twice")
        files.add(folded)
        folders.update(folded[:count] for count in range(1, len(folded)))
    for both in files & folders:
        raise _unsafe(archive, f"holds {'/'.join(both)!r} as a file and as a folder")


def _check_size(infos: list[zipfile.ZipInfo], archive: str, limits: Limits) -> None:
    if len(infos) > limits.files:
        raise _unsafe(archive, f"holds {len(infos)} files, more than {limits.files}")
    total = sum(info.file_size for info in infos)
    if total > limits.total:
        raise _unsafe(
            archive, f"would unpack to {in_bytes(total)}, more than {in_bytes(limits.total)}"
        )
    for info in infos:
        large = info.file_size > limits.ratio_from
        if large and info.file_size > limits.ratio * max(info.compress_size, 1):
            raise _unsafe(archive, f"holds a file that swells beyond reason: {info.filename!r}")


def _unsafe(archive: str, why: str) -> DatasetError:
    return DatasetError(
        DatasetCode.UNSAFE,
        f"{archive} was not unpacked: it {why}.",
        "Take the archive that the authors published.",
    )
