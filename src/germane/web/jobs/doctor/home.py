"""The home and its disk: is it there, ours, writable, with room, and without leftovers of killed runs?"""

import fcntl
import os
import pwd
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from germane.index import IndexFailure, index_folder
from germane.web.jobs.doctor import Finding, Site

_FULL = 200_000_000  # bytes: less is an error
_NEARLY_FULL = 0.05  # of the disk, but never more than …
_ENOUGH = 20_000_000_000
_PER_ARTICLE = 10_000
_SLOW_DISKS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ceph", "glusterfs"}
_QUIET_S = 600  # what was written to since then may be somebody's work
_LEFTOVERS = ("*.unfinished", "*.tmp", "*.draft*", "*.new", "*.old", "relating*", "*.new.lock", "*.unfinished.lock")


def examine_home(site: Site) -> Iterator[Finding]:
    """Yield what is wrong with the home's folders and files."""
    if not site.home.is_dir():
        yield Finding(
            "home-missing",
            "warning",
            f"There is no folder {site.home}",
            "The site has no data yet, or GERMANE_HOME names another place than before.",
            "germane import FILE…, or set GERMANE_HOME",
        )
        return
    yield from _ownership(site)
    yield from _room(site)
    yield from _leftovers(site)


def _ownership(site: Site) -> Iterator[Finding]:
    owner = site.home.stat().st_uid
    paths = _important(site)
    if closed := [path for path in paths if not os.access(path, os.W_OK)]:
        others = f" and {len(closed) - 1} more" if closed[1:] else ""
        yield Finding(
            "read-only",
            "error",
            f"{closed[0]}{others} cannot be written to by {_name(os.geteuid())}",
            "Pages are served from what is there, but nothing can be imported or brought up to date.",
            f"chown -R {_name(os.geteuid())} {site.home}; of a disk that is mounted so: mount -o remount,rw",
        )
    if strange := [path for path in paths if path.stat().st_uid != owner]:
        yield Finding(
            "other-owner",
            "error",
            f"{strange[0]} belongs to {_name(strange[0].stat().st_uid)}, and the home to {_name(owner)}",
            "A command was run as another user; the server may be unable to read or write this file.",
            f"chown -R {_name(owner)} {site.home}",
        )
    if owner != os.geteuid():
        yield Finding(
            "other-user",
            "warning",
            f"The home belongs to {_name(owner)}, and this command runs as {_name(os.geteuid())}",
            "Files that this user makes may be unusable for the server.",
            f"sudo -u {_name(owner)} germane doctor",
        )
    yield from _secret(site.home / "secret-key")


def _secret(secret: Path) -> Iterator[Finding]:
    if not secret.exists():  # the next command makes one, or GERMANE_SECRET_KEY is set
        return
    try:
        problem = "" if secret.read_text(encoding="ascii").strip() else "it is empty"
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "it is no text"
    if problem:
        yield Finding(
            "secret-unusable",
            "error",
            f"{secret} cannot be used: {problem}",
            "No command starts, unless GERMANE_SECRET_KEY is set.",
            f"chown $USER {secret}, or remove it: a new one is made, and what was signed before is no longer valid",
        )
    elif stat.S_IMODE(secret.stat().st_mode) & 0o077:
        yield Finding(
            "secret-readable",
            "error",
            f"{secret} can be read by others",
            "Who knows the secret can forge what the site signs.",
            f"chmod 600 {secret}",
            partial(secret.chmod, 0o600),
        )


def _room(site: Site) -> Iterator[Finding]:
    temporary = Path(tempfile.gettempdir())
    by_disk = {path.stat().st_dev: path for path in (temporary, *reversed(_important(site)))}
    for path in by_disk.values():
        usage = shutil.disk_usage(path)
        if usage.free < _FULL:
            yield Finding(
                "disk-full",
                "error",
                f"The disk of {path} is full: {usage.free / 1e6:,.0f} MB are free of {usage.total / 1e9:,.0f} GB",
                "Nothing more can be written; imports and stages stop, pages are still served.",
                f"make room, or move it to a larger disk; an article needs about {_PER_ARTICLE:,} bytes. du -sh {path}",
            )
        elif path != temporary and usage.free < min(_NEARLY_FULL * usage.total, _ENOUGH):
            yield Finding(
                "disk-nearly-full",
                "warning",
                f"The disk of {path} is nearly full: {usage.free / 1e9:,.1f} of {usage.total / 1e9:,.0f} GB are free",
                f"Room for {usage.free // _PER_ARTICLE:,} more articles; a rebuilt index needs its size again.",
                f"make room: du -sh {path}",
            )
        if os.statvfs(path).f_favail == 0 and os.statvfs(path).f_files:
            yield Finding(
                "disk-full",
                "error",
                f"The disk of {path} can hold no more files (no inodes are free)",
                "No file can be made, whatever room there is.",
                f"remove files that are not needed: df -i {path}",
            )
    kind = file_system_of(site.home)
    if kind in _SLOW_DISKS:
        yield Finding(
            "network-disk",
            "warning",
            f"{site.home} lies on a network disk ({kind})",
            "SQLite's locks and write-ahead log need a local disk: data may be lost.",
            "set GERMANE_HOME to a folder on a local disk",
        )


def _leftovers(site: Site) -> Iterator[Finding]:
    if is_index_being_written(site):  # then these are somebody's work
        return
    beside = site.home.with_name(f"{site.home.name}.unfinished")  # of a restore
    for path in sorted({beside, *(found for pattern in _LEFTOVERS for found in site.home.glob(pattern))}):
        if path.name == "index.old" and not (site.home / "index").exists():
            continue  # the next reader puts it back in its place
        if not path.exists() or time.time() - _last_change(path) < _QUIET_S or _is_in_use(path):
            continue
        yield Finding(
            "leftover",
            "warning",
            f"{path} was left by a run that was killed ({_size(path) / 1e6:,.1f} MB)",
            "It takes room and is of no use.",
            "germane doctor --fix",
            partial(_remove, path),
        )


def is_index_being_written(site: Site) -> bool:
    """Tell whether a process holds the right to write to the index."""
    try:
        folder = index_folder(site.environment.index_url, site.home)
        with folder.with_name(f"{folder.name}.lock").open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except (OSError, IndexFailure):
        return False
    return False


def file_system_of(path: Path) -> str:
    """Return the type of the file system on which a path lies, "" where that cannot be known."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return ""
    above = [m for m in mounts if len(m) > 2 and path.resolve().is_relative_to(m[1].replace("\\040", " "))]
    return max(above, key=lambda m: len(m[1]), default=["", "", ""])[2]


def _important(site: Site) -> list[Path]:
    paths = [site.home]
    for file in (site.database, site.readers):
        if file is not None:
            paths += [file, *(file.with_name(f"{file.name}-{suffix}") for suffix in ("wal", "shm"))]
    with suppress(IndexFailure):  # told by the index's check
        paths.append(index_folder(site.environment.index_url, site.home))
    return [path for path in paths if path.exists()]


def _last_change(path: Path) -> float:
    return max(p.lstat().st_mtime for p in (path, *path.rglob("*")))


def _is_in_use(path: Path) -> bool:
    """Tell whether a process has a file there open or mapped, as far as the system tells us."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            names = [name for link in (process / "fd").iterdir() if (name := _target(link))]
            names += [line.partition("/")[2] for line in (process / "maps").read_text().splitlines()]
        except OSError:  # it has ended, or is another user's
            continue
        if any(name.lstrip("/").startswith(str(path).lstrip("/")) for name in names):
            return True
    return False


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:  # closed meanwhile
        return ""


def _size(path: Path) -> int:
    return sum(p.lstat().st_size for p in (path, *path.rglob("*")))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
