"""archive serve: the pages and, unless --no-worker, the background work in one process, until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import errno
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import uvicorn

from archive import i18n
from archive.bootstrap import App
from archive.cli import fixity, ingest, reindex
from archive.cli.ending import uninterrupted_end, until_told
from archive.cli.holdings import acting, opened, tell_away
from archive.cli.output import Output
from archive.errors import InvalidInput
from archive.service import run_background
from archive.service_socket import Handler, serve_socket
from archive.web.app import create_app

# commands that change something, run here for whoever gives them beside the service
HANDLERS: dict[str, Handler] = {"ingest": ingest.perform, "reindex": reindex.perform, "fixity": fixity.perform}
GRACE_S = 3  # what a request under way still gets
BACKLOG = 128


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help=i18n.text("serve.host"))
    parser.add_argument("--port", type=int, help=i18n.text("serve.port"))
    parser.add_argument("--no-worker", action="store_true", help=i18n.text("serve.no_worker"))


def run(args: argparse.Namespace, out: Output) -> int:
    with until_told(), opened(working=True) as app:
        host = args.host or app.settings.host
        port = app.settings.port if args.port is None else args.port
        with ExitStack() as parts:
            listener = parts.enter_context(_listen(host, port))
            web = create_app(app)
            tell_away(app, out)
            if not args.no_worker:
                parts.enter_context(serve_socket(app, HANDLERS, acting))
                parts.enter_context(run_background(app))
            with uninterrupted_end():
                url = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
                out.say(i18n.text("serve.ready", url=url))
                _server(app, web).run(sockets=[listener])
    out.say(i18n.text("serve.stopped"))
    return 0


def _server(app: App, web: Callable[..., Any]) -> uvicorn.Server:
    config = uvicorn.Config(
        web,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
        proxy_headers=bool(app.settings.trusted_proxies),
        forwarded_allow_ips=list(app.settings.trusted_proxies),
    )
    return uvicorn.Server(config)


@contextmanager
def _listen(host: str, port: int) -> Iterator[socket.socket]:
    """Before any work begins: a taken port is told in one sentence."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as failure:
        if getattr(failure, "errno", None) == errno.EADDRINUSE:
            raise InvalidInput("serve.port_taken", field="port", host=host, port=port, other=port + 1) from failure
        raise InvalidInput("serve.address_unusable", field="host", host=host, port=port, detail=failure) from failure
    with listener:
        yield listener
