"""Whether a file would lie on another machine's disk, where SQLite's locks and its log cannot be relied on."""

import os
import re
from pathlib import Path

_MOUNTS = Path("/proc/self/mountinfo")
_REMOTE = re.compile(
    r"nfs\d?|cifs|smb\w*|afs|ceph|9p|glusterfs|lustre|beegfs|davfs|ncpfs|fuse\.(?:sshfs|rclone|s3fs|gcsfuse|glusterfs|davfs2?)"
)
_OCTAL = re.compile(r"\\(\d{3})")


def network_share(path: Path) -> str:
    """Return the kind of network share that a path lies on, "" where it lies on none or nobody can tell.

    Args:
        path: a file, which need not be there yet.
    """
    if os.name == "nt":
        return _windows_share(path)
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return remote_kind(path.absolute(), mounts)


def remote_kind(path: Path, mounts: str) -> str:
    """Return the kind of remote file system that holds a path, by the lines of Linux's mountinfo; "" where it is local."""
    best, kind = -1, ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        point = Path(_OCTAL.sub(lambda code: chr(int(code[1], 8)), fields[4]))
        # of two on the same point the later one hides the earlier
        if path.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), after.split(" ")[0]
    return kind if _REMOTE.fullmatch(kind) else ""


def _windows_share(path: Path) -> str:
    import ctypes

    drive = path.absolute().drive
    if drive.startswith("\\\\"):
        return "a Windows share"
    remote = 4  # DRIVE_REMOTE
    kernel = getattr(ctypes, "windll", None)
    return "a network drive" if kernel and kernel.kernel32.GetDriveTypeW(f"{drive}\\") == remote else ""
