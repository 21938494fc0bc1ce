"""Getting a data set: downloaded, or from a zip or folder that is there, to a place one knows."""

from __future__ import annotations

import json
import logging
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event

import pooch
from filelock import FileLock, Timeout

from napari_fncells.io.atomic import write_atomic
from napari_fncells.io.datasets.background import Tell, in_background
from napari_fncells.io.datasets.catalogue import Published
from napari_fncells.io.datasets.dataset import DataSet, recognise, recognise_archive
from napari_fncells.io.datasets.download import ResumingDownloader
from napari_fncells.io.datasets.error import DatasetCode, DatasetError, explain_disk
from napari_fncells.io.datasets.part_file import PartFile
from napari_fncells.io.datasets.places import default_folder, remember
from napari_fncells.io.datasets.progress import Progress
from napari_fncells.io.datasets.remembered import compare_and_remember
from napari_fncells.io.datasets.unpack import discard, in_the_way, publish, unpack

RECORD_NAME = "fncells-dataset.json"
"""File in the folder of a data set that says where it comes from."""

Steps = Generator[Progress, None, DataSet]

_STOPPING_S = 2.0  # one that was stopped just now lets go of its lock within
_SPOILT = {DatasetCode.DAMAGED, DatasetCode.UNSAFE, DatasetCode.WRONG_CONTENT}


def fetch(which: Published, folder: Path) -> Steps:
    """Download a data set, check it and unpack it.

    Parameters
    ----------
    which
        The data set.
    folder
        Folder to make its folder in. What has come of the download is kept there, too, until
        all of it has.

    Returns
    -------
    DataSet
        What is there then; without any download where it was there before.

    Raises
    ------
    DatasetError
        It did not come, or is not what it should be. What has come of a download that broke
        is kept, so that the next one goes on with it; of what was unpacked nothing is left.
    """
    destination, work = folder / which.folder_name, _work_folder(which, folder)
    with _locked(which):
        known = _already(which, destination)
        if known is not None and not _is_whole(known):
            raise in_the_way(destination)
        if known is not None:
            # The program may have ended just before it did so itself
            discard(work)
            return known
        try:
            archive = yield from in_background(partial(_download, which, work))
            try:
                dataset = yield from _unpack_checked(which, archive, destination, whole=True)
            except DatasetError as error:
                if error.code in _SPOILT:
                    archive.unlink(missing_ok=True)
                raise
            discard(work)
        finally:
            with suppress(OSError):  # something of the download is left to go on with
                work.rmdir()
    return dataset


def take_archive(which: Published, archive: Path, folder: Path) -> Steps:
    """Unpack a zip of a data set that the user has; the zip stays as it is.

    Parameters
    ----------
    which
        The data set.
    archive
        The zip; it may hold a part of the pictures.
    folder
        Folder to make its folder in.

    Raises
    ------
    DatasetError
        It is another data set or none, damaged or unsafe. Nothing is left behind then.
    """
    destination = folder / which.folder_name
    yield Progress(f"Looking into {archive.name}")
    recognise_archive(archive, which.key)
    known = _already(which, destination)
    if known is not None:
        return known
    with _locked(which):
        return (yield from _unpack_checked(which, archive, destination, whole=False))


def take_folder(which: Published, source: Path) -> Steps:
    """Use a folder that the user has, where it is; nothing is written into it.

    Raises
    ------
    DatasetError
        It is another data set or none.
    """
    yield Progress(f"Looking into {source.name}")
    dataset = recognise(source, which.key)
    remember(dataset)
    return dataset


def take(which: Published, source: Path, folder: Path) -> Steps:
    """Use a zip or a folder that the user has, whichever it is."""
    if source.is_dir():
        return take_folder(which, source)
    return take_archive(which, source, folder)


def part_size(which: Published, folder: Path) -> int:
    """Bytes of a download to a folder that have come already."""
    return PartFile(_work_folder(which, folder) / which.archive_name).size


def _work_folder(which: Published, folder: Path) -> Path:
    """Where the archive lies until it is unpacked."""
    return folder / f".{which.folder_name}.download"


def _already(which: Published, destination: Path) -> DataSet | None:
    """The data set in its folder, if it is there.

    Raises
    ------
    DatasetError
        Something else is, or it cannot be told.
    """
    try:
        if not destination.is_dir() or not any(destination.iterdir()):
            return None
    except OSError as error:
        raise explain_disk(error, destination) from error
    try:
        dataset = recognise(destination, which.key)
    except DatasetError as error:
        raise in_the_way(destination) from error
    remember(dataset)
    return dataset


def _download(which: Published, work: Path, tell: Tell, stop: Event) -> Path:
    """Download the archive; its hash is checked where one was published."""
    # Else it prints each address and path
    pooch.get_logger().setLevel(logging.WARNING)
    part = PartFile(work / which.archive_name)
    try:
        found = pooch.retrieve(
            which.url,
            known_hash=None if which.sha256 is None else f"sha256:{which.sha256}",
            fname=which.archive_name,
            path=work,
            downloader=ResumingDownloader(part, tell, stop),
        )
    except ValueError as error:
        raise DatasetError(
            DatasetCode.WRONG_HASH,
            "What was downloaded does not have the published SHA-256; it was thrown away.",
            "Download it again. If that happens again, the server has another file: ask its "
            "authors.",
        ) from error
    except OSError as error:
        raise explain_disk(error, work) from error
    return Path(found)


def _unpack_checked(which: Published, archive: Path, destination: Path, *, whole: bool) -> Steps:
    """Unpack an archive; the folder gets its name if the data set is in it."""
    _, inside = recognise_archive(archive, which.key)
    temporary = yield from unpack(archive, destination, inside=inside)
    try:
        yield Progress("Checking the content")
        dataset = recognise(temporary, which.key)
        if whole and not _is_whole(dataset):
            raise _incomplete(dataset)
        yield Progress("Checking the archive")
        sha256 = pooch.file_hash(str(archive))
        differs = ""
        if which.sha256 is None:
            differs = compare_and_remember(which.key, archive, sha256, whole=_is_whole(dataset))
        dataset = _with_note(dataset, differs)
        _write_record(dataset, archive, sha256, temporary)
    except BaseException:
        discard(temporary)
        raise
    publish(temporary, destination)
    dataset = recognise(destination, which.key)
    remember(dataset)
    return _with_note(dataset, differs)


def _with_note(dataset: DataSet, note: str) -> DataSet:
    return replace(dataset, notes=(*dataset.notes, note)) if note else dataset


def _is_whole(dataset: DataSet) -> bool:
    """Whether all that was published is there, every picture of known use."""
    which = dataset.published
    # Of what has a published hash one may lack its partner: green's mask 128 has no picture
    lacking = 0 if which.sha256 is None else 1
    return (
        None not in dataset.counts
        and len(dataset.items) >= sum(which.pictures.values()) - lacking
        and dataset.labelled >= which.labelled - lacking
    )


def _incomplete(dataset: DataSet) -> DatasetError:
    which = dataset.published
    return DatasetError(
        DatasetCode.WRONG_CONTENT,
        f"{which.title} should hold {sum(which.pictures.values())} known pictures, "
        f"{which.labelled} of them with masks; it holds {dataset.in_words}.",
        "Download it again, or look at the page of the data set for changes.",
    )


def _write_record(dataset: DataSet, archive: Path, sha256: str, folder: Path) -> None:
    """Say in the folder where its content comes from, and the hash of the archive."""
    which = dataset.published
    record = {
        "format": 1,
        "dataset": which.key,
        "title": which.title,
        "url": which.url,
        "page": which.page,
        "archive": archive.name,
        "sha256": sha256,
        "sha256_published": which.sha256,
        "unpacked": datetime.now(UTC).isoformat(timespec="seconds"),
        "pictures": len(dataset.items),
        "with_ground_truth": dataset.labelled,
        "notes": list(dataset.notes),
        "licence": which.licence,
        "licence_url": which.licence_url,
        "cite": list(which.citations),
    }
    data = (json.dumps(record, indent=1, ensure_ascii=False) + "\n").encode()
    write_atomic(folder / RECORD_NAME, data, replace=True)


@contextmanager
def _locked(which: Published) -> Iterator[None]:
    """Let this user get a data set once at a time."""
    file = default_folder() / f"{which.key}.lock"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # Not of one thread: a job that is stopped is closed by another than ran it
        lock = FileLock(file, timeout=_STOPPING_S, thread_local=False)
        lock.acquire()
    except Timeout as error:
        raise DatasetError(
            DatasetCode.BUSY,
            f"{which.title} is being downloaded or unpacked already.",
            "Wait until that is done, or a moment after it was stopped.",
        ) from error
    except OSError as error:
        raise explain_disk(error, file) from error
    try:
        yield
    finally:
        lock.release()
