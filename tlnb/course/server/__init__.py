"""The course panel's server extension. jupyter_server finds it by ``etc/jupyter/jupyter_server_config.d/tlnb.json``.

What a server loads when it starts is light: the course itself is imported at the first request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Say which module is the extension, as jupyter_server asks."""
    return [{"module": "tlnb.course.server"}]


def _load_jupyter_server_extension(server: ServerApp) -> None:
    """Add the addresses below ``tlnb/api`` to a server."""
    from tlnb.course.server.extension import TlnbCourse

    TlnbCourse(parent=server).add_to(server)


load_jupyter_server_extension = _load_jupyter_server_extension  # what servers of version 1 look for
