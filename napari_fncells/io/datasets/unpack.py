"""Unpacking an archive: into a folder of its own, which gets its name when all is there."""

from __future__ import annotations

import os
import secrets
import shutil
import zipfile
import zlib
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

from napari_fncells.io.atomic import sync_name
from napari_fncells.io.datasets.error import DatasetCode, DatasetError, explain_disk
from napari_fncells.io.datasets.progress import Progress, in_bytes
from napari_fncells.io.datasets.space import check_space
from napari_fncells.io.datasets.zip_check import Limits, Member, check_members

_CHUNK = 1 << 20
_UNPACKING = "unpacking"


def unpack(
    archive: Path, destination: Path, *, inside: str = "", limits: Limits | None = None
) -> Generator[Progress, None, Path]:
    """Unpack a zip to a new folder, wholly or not at all.

    Parameters
    ----------
    archive
        The zip.
    destination
        The folder; it must not exist, or be empty.
    inside
        Folder in it to unpack to; '' for itself.
    limits
        As for `check_members`.

    Returns
    -------
    Path
        The unpacked folder, still under a temporary name beside `destination`: look at it, then
        let `publish` give it its name, or `discard` it.

    Raises
    ------
    DatasetError
        The archive is damaged or unsafe, or there is no room. Nothing is left behind.
    """
    temporary = destination.with_name(f".{destination.name}.{_UNPACKING}-{secrets.token_hex(6)}")
    whole = False
    try:
        with zipfile.ZipFile(archive) as opened:
            members = check_members(opened.infolist(), archive.name, limits)
            check_space(destination.parent, sum(m.info.file_size for m in members))
            clear_leftovers(destination)
            (temporary / inside).mkdir(parents=True)
            yield from _write_all(opened, members, temporary / inside)
        whole = True
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise DatasetError(
            DatasetCode.DAMAGED,
            f"{archive.name} is damaged: {error or type(error).__name__}.",
            "Download or copy it again.",
        ) from error
    except OSError as error:
        raise explain_disk(error, destination) from error
    finally:
        if not whole:
            discard(temporary)
    return temporary


def publish(temporary: Path, destination: Path) -> None:
    """Give an unpacked folder its name.

    Raises
    ------
    DatasetError
        A folder of that name with something in it is there.
    """
    try:
        with suppress(FileNotFoundError):
            destination.rmdir()
        temporary.rename(destination)
        sync_name(destination)
    except OSError as error:
        discard(temporary)
        if destination.exists():
            raise in_the_way(destination) from error
        raise explain_disk(error, destination) from error


def in_the_way(destination: Path) -> DatasetError:
    """The error of a folder that is there with something else in it."""
    return DatasetError(
        DatasetCode.IN_THE_WAY,
        f"{destination} is there already, but is not the whole data set.",
        "Move it away or choose another folder.",
    )


def discard(temporary: Path) -> None:
    """Remove what was unpacked."""
    shutil.rmtree(temporary, ignore_errors=True)


def clear_leftovers(destination: Path) -> None:
    """Remove what an unpacking left that was cut off; one that runs holds the folder's lock."""
    for left in destination.parent.glob(f".{destination.name}.{_UNPACKING}-*"):
        discard(left)


def _write_all(
    opened: zipfile.ZipFile, members: list[Member], folder: Path
) -> Generator[Progress, None, None]:
    total = sum(member.info.file_size for member in members)
    done = 0
    for member in members:
        share = done / max(total, 1)
        yield Progress(f"Unpacking: {in_bytes(done)} of {in_bytes(total)}", share)
        target = folder.joinpath(*member.parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(opened, member, target)
        done += member.info.file_size


def _write(opened: zipfile.ZipFile, member: Member, target: Path) -> None:
    """Write one file, never more than announced; zipfile compares the checksum at its end."""
    left = member.info.file_size
    with opened.open(member.info) as source, target.open("xb") as stream:
        while chunk := source.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise zipfile.BadZipFile(f"{member.info.filename} is longer than announced")
            stream.write(chunk)
        stream.flush()
        os.fsync(stream.fileno())
    if left:
        raise zipfile.BadZipFile(f"{member.info.filename} is shorter than announced")
