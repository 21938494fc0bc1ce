"""What kind of folder pictures lie in: one that cannot be written, or lies on another computer."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import psutil  # type: ignore[import-untyped]

_NETWORK = frozenset((
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "smb2", "fuse.sshfs", "afpfs", "webdav", "davfs",
    "fuse.davfs2", "9p", "ceph", "glusterfs", "fuse.glusterfs", "lustre", "afs", "ncpfs",
    "fuse.rclone", "fuse.gvfsd-fuse", "remote",
))  # fmt: skip


def is_writable(folder: Path) -> bool:
    """Whether files can be written there; nothing is written to find out."""
    if not os.access(folder, os.W_OK):
        return False
    with suppress(OSError, AttributeError):
        return not os.statvfs(folder).f_flag & os.ST_RDONLY
    return True


def is_network(folder: Path) -> bool:
    """Whether a folder lies on another computer."""
    place = str(folder.absolute())
    if place.startswith(("\\\\", "//")):
        return True
    with suppress(OSError, psutil.Error):
        mounts = [
            part
            for part in psutil.disk_partitions(all=True)
            if _within(os.path.normcase(place), os.path.normcase(part.mountpoint))
        ]
        if mounts:
            nearest = max(mounts, key=lambda part: len(part.mountpoint))
            kinds = {nearest.fstype.lower(), *nearest.opts.lower().split(",")}
            return bool(kinds & _NETWORK)
    return False


def _within(place: str, mount: str) -> bool:
    return place == mount or place.startswith(mount.rstrip(os.sep) + os.sep)
