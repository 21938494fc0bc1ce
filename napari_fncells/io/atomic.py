"""Writing whole files so that a reader meets the old file or the new one, never a part.

The order of steps is the one that survives a crash at any point: a temporary file in the
same folder is written, forced to the disk, read back, and only then given its real name;
the folder is forced to the disk last.
"""

from __future__ import annotations

import errno
import logging
import os
import secrets
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

from napari_fncells.core.errors import UserError
from napari_fncells.io.save_error import SaveCode, SaveError, explain_os_error

logger = logging.getLogger(__name__)

__all__ = ["SaveCode", "SaveError", "write_atomic"]

Writer = Callable[[BinaryIO], None]
Verifier = Callable[[Path], None]

TEMPORARY_PREFIX = ".fncells-"
TEMPORARY_SUFFIX = ".tmp"

_CHUNK = 1 << 20
# Virus scanners, indexers and synchronising clients hold a file for moments: 2.55 s in all.
_RETRY_DELAYS_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.0)
_WINDOWS_SHARING_ERRORS = frozenset({5, 32, 33})
_NO_HARD_LINKS = frozenset(
    {errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK}
)
_FOLDER_CANNOT_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EBADF})


def write_atomic(
    path: str | os.PathLike[str],
    data: bytes | Writer,
    *,
    replace: bool,
    verify: Verifier | None = None,
) -> None:
    """Write a file whole or not at all.

    On any exception, an interrupt included, the temporary file is removed and the file that
    was there before is left as it was. Returning means that the bytes were read back equal
    and that the disk acknowledged the file and its name.

    Parameters
    ----------
    path
        The file to write. Its folder must exist.
    data
        The bytes, or a function that writes them into a seekable binary stream.
    replace
        Whether a file of that name may be replaced. With False an existing file is never
        overwritten, not even one that appears while this call runs.
    verify
        Called with the temporary file before it gets its name; raises to refuse it. Bytes
        are always compared, with or without it.

    Raises
    ------
    SaveError
        The file could not be written, or what was read back differs.
    """
    final = Path(path)
    temporary = final.parent / f"{TEMPORARY_PREFIX}{secrets.token_hex(12)}{TEMPORARY_SUFFIX}"
    try:
        if not replace and os.path.lexists(final):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(final))
        try:
            _fill(temporary, data)
            _check(temporary, final, data, verify)
            _publish(temporary, final, replace=replace)
        finally:
            _discard(temporary)
        _sync_folder(final)
    except UserError:
        raise
    except OSError as error:
        raise explain_os_error(error, final) from error
    except Exception as error:
        raise SaveError(
            SaveCode.IO,
            final,
            f"{final} was not saved: {error or type(error).__name__}.",
            "The earlier file, if there was one, is unchanged.",
        ) from error


def _fill(temporary: Path, data: bytes | Writer) -> None:
    # os.open rather than tempfile: the mode is then what the umask gives, not 0600.
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    with _open_stream(temporary, flags, "w+b") as stream:
        if callable(data):
            data(stream)
        else:
            stream.write(data)
        stream.flush()
        _sync_file(stream.fileno())


def _open_stream(path: Path, flags: int, mode: str) -> BinaryIO:
    flags |= getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    # An opener, so that the stream knows its path: TIFF writers ask for it.
    return cast("BinaryIO", open(path, mode, opener=lambda p, _: os.open(p, flags, 0o666)))


def _sync_file(descriptor: int) -> None:
    if sys.platform == "darwin":
        # fsync there leaves the bytes in the drive's cache.
        import fcntl

        with suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)


def _check(temporary: Path, final: Path, data: bytes | Writer, verify: Verifier | None) -> None:
    if not callable(data) and not _holds(temporary, data):
        raise _refused(final, "what was read back differs from what was written")
    if verify is None:
        return
    try:
        verify(temporary)
    except SaveError:
        raise
    except Exception as error:
        raise _refused(final, str(error) or type(error).__name__) from error


def _holds(path: Path, expected: bytes) -> bool:
    view = memoryview(expected)
    with _open_stream(path, os.O_RDONLY, "rb") as stream:
        for start in range(0, len(view), _CHUNK):
            if stream.read(_CHUNK) != view[start : start + _CHUNK]:
                return False
        return not stream.read(1)


def _refused(final: Path, reason: str) -> SaveError:
    return SaveError(
        SaveCode.VERIFY_FAILED,
        final,
        f"{final} was not saved: the check before publishing failed ({reason}).",
        "The earlier file, if there was one, is unchanged. Save again, or to another disk.",
    )


def _publish(temporary: Path, final: Path, *, replace: bool) -> None:
    if replace:
        _retry_sharing(temporary.replace, final)
    elif os.name == "nt":
        # Renaming on Windows refuses a name that is taken.
        _retry_sharing(temporary.rename, final)
    else:
        _publish_new(temporary, final)


def _retry_sharing(move: Callable[[Path], Path], final: Path) -> None:
    for delay in _RETRY_DELAYS_S:
        try:
            move(final)
        except OSError as error:
            if getattr(error, "winerror", None) not in _WINDOWS_SHARING_ERRORS:
                raise
            time.sleep(delay)
        else:
            return
    move(final)


def _publish_new(temporary: Path, final: Path) -> None:
    """Give the file its name unless the name is taken: a hard link refuses taken names."""
    try:
        os.link(temporary, final)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        _publish_without_links(temporary, final)


def _publish_without_links(temporary: Path, final: Path) -> None:
    """Reserve the name by an exclusive create, then replace our own reservation."""
    descriptor = os.open(final, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        os.close(descriptor)
        temporary.replace(final)
    except BaseException:
        with suppress(OSError):
            final.unlink()
        raise


def _discard(temporary: Path) -> None:
    try:
        temporary.unlink(missing_ok=True)
    except BaseException as first:
        # Once more: an interrupt must not leave it behind, a scanner may have held it.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        if not isinstance(first, OSError):
            raise
        if os.path.lexists(temporary):
            logger.warning("the temporary file %s could not be removed: %s", temporary, first)


def sync_name(path: Path) -> None:
    """Let the disk acknowledge a name in its folder; no system fails for want of it."""
    if os.name == "nt":
        return
    with suppress(OSError):
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _sync_folder(final: Path) -> None:
    if os.name == "nt":
        return  # folders cannot be synced there
    try:
        descriptor = os.open(final.parent, os.O_RDONLY)
    except PermissionError:
        return  # a folder that may be written but not listed cannot be opened to sync it
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno in _FOLDER_CANNOT_SYNC:
            return
        raise SaveError(
            SaveCode.IO,
            final,
            f"{final} was written, but the disk did not confirm it: {error.strerror}.",
            "Save again, or to another disk.",
        ) from error
    finally:
        os.close(descriptor)
