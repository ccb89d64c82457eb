"""Which port a server may take, and how a browser gets to it: one of this machine, or of another by ssh."""

from __future__ import annotations

import errno
import getpass
import logging
import os
import platform
import socket
import sys
import webbrowser
from collections.abc import Mapping

from tlnb.core.errors import TlnbError

log = logging.getLogger("tlnb")

FIRST = 8888  # JupyterLab's own
_TRIED = 100
_IN_THE_TERMINAL = {"www-browser", "links", "elinks", "lynx", "w3m"}  # no JupyterLab in these


class PortError(TlnbError, OSError):
    """A port that cannot be used."""


def choose_port(wanted: int | None = None) -> int:
    """Return the port that was asked for, if it is free; else the first free one from 8888 on.

    Parameters
    ----------
    wanted : int, optional
        A port that it must be.

    Raises
    ------
    PortError
        If that one cannot be used; the message names one that can.
    """
    if wanted is None:
        free = _free_from(FIRST)
        if free != FIRST:
            log.info("Port %s is in use, most likely by another JupyterLab; this one takes %s.", FIRST, free)
        return free
    reason = why_not(wanted)
    if reason is not None:
        other = _free_from(max(FIRST, min(wanted + 1, 65000)))
        raise PortError(f"Port {wanted} {reason}. Use --port {other}, or leave --port out and a free one is taken.")
    return wanted


def why_not(port: int) -> str | None:
    """Say why a server of this machine cannot take a port; None if it can.

    Examples
    --------
    >>> why_not(70000)
    'is not one: they go from 1 to 65535'
    """
    if not 1 <= port <= 65535:
        return "is not one: they go from 1 to 65535"
    families = [(socket.AF_INET, "127.0.0.1")] + ([(socket.AF_INET6, "::1")] if socket.has_ipv6 else [])
    refused = {_refused(family, host, port) for family, host in families}
    if errno.EADDRINUSE in refused:
        return "is in use"
    return "is kept for the system" if {errno.EACCES, errno.EPERM} & refused else None


def _refused(family: int, host: str, port: int) -> int | None:
    """Return the number of the system's error, if it refuses: also that it has no addresses of this family."""
    try:
        with socket.socket(family) as one:
            if os.name == "posix":  # as the server does: a connection that has just ended is no hindrance
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((host, port))
    except OSError as error:
        return error.errno
    return None


def _free_from(first: int) -> int:
    for port in range(first, min(first + _TRIED, 65536)):
        if why_not(port) is None:
            return port
    raise PortError(f"No port from {first} to {first + _TRIED - 1} is free: end some of the servers that run here.")


def has_browser() -> bool:
    """Say whether this machine can open a page in a window; a browser inside the terminal does not count."""
    try:
        found = webbrowser.get()
    except webbrowser.Error:
        return False
    return getattr(found, "basename", getattr(found, "name", "")) not in _IN_THE_TERMINAL


def tunnel(port: int, variables: Mapping[str, str] = os.environ) -> str | None:
    """Return the ssh command by which another machine's browser reaches a port of this one.

    Parameters
    ----------
    port : int
        The server's.
    variables : mapping of str to str
        The environment, which says whether somebody sits at this machine.

    Returns
    -------
    str or None
        None where this is no remote machine as far as can be seen.

    Examples
    --------
    >>> tunnel(8889, {"SSH_CONNECTION": "10.0.0.7 52110 10.0.0.2 2222", "USER": "ada"})
    'ssh -N -L 8889:localhost:8889 -p 2222 ada@10.0.0.2'
    """
    connection = variables.get("SSH_CONNECTION", "").split()
    if len(connection) == 4:
        host, ssh_port = connection[2:]
        at = "" if ssh_port == "22" else f"-p {ssh_port} "
    elif _has_no_screen(variables):
        host, at = socket.gethostname(), ""
    else:
        return None
    return f"ssh -N -L {port}:localhost:{port} {at}{_user(variables)}@{host}"


def _has_no_screen(variables: Mapping[str, str]) -> bool:
    windows_below = "microsoft" in platform.release().lower()  # WSL: the browser is that of Windows
    return (
        sys.platform.startswith("linux")
        and not windows_below
        and not any(variables.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
    )


def _user(variables: Mapping[str, str]) -> str:
    try:
        return variables.get("USER") or getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return "USER"
