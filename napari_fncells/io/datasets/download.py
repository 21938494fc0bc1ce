"""A downloader for pooch that goes on where an earlier download stopped."""

from __future__ import annotations

import re
import time
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import requests

from napari_fncells.io.datasets.background import StoppedError, Tell
from napari_fncells.io.datasets.error import HAVE_IT, DatasetCode, DatasetError, explain_disk
from napari_fncells.io.datasets.part_file import Origin, PartFile
from napari_fncells.io.datasets.progress import Progress, in_bytes
from napari_fncells.io.datasets.space import check_space

MAX_BYTES = 8_000_000_000
"""No archive is taken to be larger."""

# What is read but not whole when a connection breaks is lost: little
_CHUNK = 1 << 14
_TIMEOUTS_S = (10, 30)  # to connect, between two chunks
_TRIES = 4  # in a row without a byte more
_TELL_EVERY_S = 0.1
_UNPACKED = 1.2  # bytes on disk per byte of the archive: pictures are compressed already
_ZIP = b"PK"


class ResumingDownloader:
    """Downloads a zip by HTTP; what has come stays beside it and is not fetched twice.

    Called by `pooch.retrieve` with the address and the file to fill. A server that knows no
    ranges, or that has another file meanwhile, is asked for the whole again.

    Parameters
    ----------
    part
        Where what has come is kept.
    tell
        Takes the progress.
    stop
        Asks to stop.
    wait
        Seconds before a broken connection is tried again, doubled each time.
    """

    def __init__(self, part: PartFile, tell: Tell, stop: Event, wait: float = 1.0) -> None:
        self._part = part
        self._tell = tell
        self._stop = stop
        self._wait = wait
        self._started = time.monotonic()
        self._came = 0
        self._answered = False

    def __call__(self, url: str, output_file: Any, _pooch: Any) -> None:
        """Download to a file.

        Raises
        ------
        DatasetError
            It did not come, or not whole; the part is kept where one can go on with it.
        StoppedError
            It was asked to stop; the part is kept.
        """
        try:
            self._persist(url)
            self._part.finish(Path(output_file))
        except OSError as error:
            raise explain_disk(error, self._part.path) from error

    def _persist(self, url: str) -> None:
        """Try until the file is whole, or nothing comes any more."""
        vain = 0
        while True:
            before = self._part.size
            try:
                self._transfer(url)
            except _BrokenError as broken:
                vain = 0 if self._part.size > before else vain + 1
                if not self._answered or vain >= _TRIES:
                    part = self._part if self._answered else None
                    raise _explain_break(url, broken, part) from broken
            else:
                return
            self._tell(Progress("The connection broke; trying again"))
            if self._stop.wait(self._wait * 2**vain):
                raise StoppedError

    def _transfer(self, url: str) -> None:
        """Ask for what is missing and append it."""
        origin = self._part.origin(url)
        headers = {"Accept-Encoding": "identity"}
        if origin is not None:
            headers["Range"] = f"bytes={self._part.size}-"
            if origin.validator:
                headers["If-Range"] = origin.validator
        try:
            with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUTS_S) as response:
                self._answered = True
                if _is_whole(response, self._part.size, origin):
                    return
                total = self._prepare(response, url, origin)
                self._receive(response, total)
        except requests.RequestException as error:
            raise _BrokenError(error) from error
        if total is not None and self._part.size < total:
            raise _BrokenError(None)

    def _prepare(self, response: requests.Response, url: str, origin: Origin | None) -> int | None:
        """Look at what the server answers; returns the bytes of the whole, if it says so."""
        if origin is not None and response.status_code == 416:
            self._part.discard()
            raise _BrokenError(None)
        _check_status(response, url)
        if response.status_code == 206:
            total = _continues_at(response, self._part.size, origin)
            if total is None:
                self._part.discard()
                raise _BrokenError(None)
            check_space(self._part.path.parent, int(total * (1 + _UNPACKED)) - self._part.size)
            return total
        length = response.headers.get("Content-Length", "")
        total = int(length) if length.isdecimal() else None
        check_space(self._part.path.parent, int((total or 0) * (1 + _UNPACKED)))
        validator = response.headers.get("ETag", "")
        if not validator or validator.startswith("W/"):
            validator = response.headers.get("Last-Modified", "")
        self._part.begin(Origin(url, validator, total))
        return total

    def _receive(self, response: requests.Response, total: int | None) -> None:
        limit = MAX_BYTES if total is None else min(total, MAX_BYTES)
        size, told = self._part.size, 0.0
        with self._part.path.open("ab") as stream:
            for chunk in response.iter_content(_CHUNK):
                if self._stop.is_set():
                    raise StoppedError
                if size == 0 and not chunk.startswith(_ZIP):
                    raise _no_archive(response)
                size += len(chunk)
                if size > limit:
                    raise DatasetError(
                        DatasetCode.SERVER,
                        f"The server sent more than the {in_bytes(limit)} it announced.",
                        f"Try again later, or {HAVE_IT}.",
                    )
                stream.write(chunk)
                self._came += len(chunk)
                if time.monotonic() - told > _TELL_EVERY_S:
                    told = time.monotonic()
                    self._tell(self._progress(size, total))

    def _progress(self, size: int, total: int | None) -> Progress:
        speed = self._came / max(time.monotonic() - self._started, 0.5)
        words = f"Downloading: {in_bytes(size)}"
        if total is None:
            return Progress(f"{words}, {in_bytes(speed)}/s")
        left = (total - size) / max(speed, 1)
        share = size / max(total, 1)
        return Progress(
            f"{words} of {in_bytes(total)}, {in_bytes(speed)}/s, {_in_time(left)} left", share
        )


class _BrokenError(Exception):
    """The connection broke or could not be made; what has come is kept."""

    def __init__(self, cause: requests.RequestException | None) -> None:
        super().__init__(str(cause or "the server sent less than it announced"))
        self.cause = cause


def _is_whole(response: requests.Response, size: int, origin: Origin | None) -> bool:
    """Whether all had come already: the range asked for begins where the file ends."""
    if response.status_code != 416 or origin is None:
        return False
    end = re.fullmatch(r"bytes \*/(\d+)", response.headers.get("Content-Range", ""))
    same = origin.total is None or origin.total == size
    return end is not None and int(end[1]) == size and same


def _continues_at(response: requests.Response, size: int, origin: Origin | None) -> int | None:
    """Bytes of the whole, where the answer goes on with the very file that was begun."""
    pattern = r"bytes (\d+)-\d+/(\d+)"
    found = re.fullmatch(pattern, response.headers.get("Content-Range", ""))
    if found is None or origin is None or int(found[1]) != size:
        return None
    total = int(found[2])
    return total if origin.total in (None, total) else None


def _check_status(response: requests.Response, url: str) -> None:
    status, host = response.status_code, urlsplit(url).hostname
    if url.startswith("https:") and not response.url.startswith("https:"):
        raise DatasetError(
            DatasetCode.SERVER,
            f"{host} led to an address that is not secure: {response.url}.",
            f"Check the network, or {HAVE_IT}.",
        )
    if status in {200, 206}:
        return
    if status in {404, 410}:
        raise DatasetError(
            DatasetCode.NOT_FOUND,
            f"{host} has no longer a file at {url} (error {status}).",
            f"Look for it on the page of the data set, then {HAVE_IT}.",
        )
    raise DatasetError(
        DatasetCode.SERVER,
        f"{host} refused the download (error {status}).",
        f"Try again later, or {HAVE_IT}.",
    )


def _no_archive(response: requests.Response) -> DatasetError:
    page = "html" in response.headers.get("Content-Type", "")
    return DatasetError(
        DatasetCode.SERVER,
        f"The server sent {'a web page' if page else 'something else'} instead of the archive.",
        f"Does the network ask you to sign in first? Otherwise {HAVE_IT}.",
    )


def _explain_break(url: str, broken: _BrokenError, part: PartFile | None) -> DatasetError:
    host = urlsplit(url).hostname
    if part is not None:
        return DatasetError(
            DatasetCode.DROPPED,
            f"The connection to {host} was lost after {in_bytes(part.size)}.",
            "What has come is kept: start the download again to go on with it.",
        )
    if isinstance(broken.cause, requests.exceptions.SSLError):
        return DatasetError(
            DatasetCode.OFFLINE,
            f"{host} could not prove who it is (its certificate is refused).",
            f"Check the date of this computer and the network, or {HAVE_IT}.",
        )
    return DatasetError(
        DatasetCode.OFFLINE,
        f"{host} cannot be reached.",
        f"Check the connection to the internet, or {HAVE_IT}.",
    )


def _in_time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
