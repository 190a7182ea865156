"""The pages and the API as one FastAPI application over one App."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response

from archive.bootstrap import App
from archive.readiness import Readiness
from archive.web import errors
from archive.web.api import ROUTERS, health, openapi
from archive.web.assets import Assets
from archive.web.body_limit import BodyLimit
from archive.web.deps import Parts
from archive.web.etags import ETags
from archive.web.limits import CallLimits
from archive.web.pages import (
    account,
    accounts,
    agencies,
    agency_import,
    api,
    audit,
    batches,
    changes,
    deliver,
    doors,
    dossier_retention,
    dossiers,
    files,
    holds,
    inbox,
    items,
    manifests,
    overview,
    paper,
    paper_import,
    programme,
    programme_import,
    records,
    retention,
    reuse,
    review,
    scanners,
    schedules,
    search,
    session,
    stopped,
    webhooks,
)
from archive.web.render import Renderer
from archive.web.security import SecurityHeaders
from archive.web.tus.routes import tus_router

PAGES = (
    overview,
    session,
    search,
    programme_import,
    programme,
    records,
    review,
    dossiers,
    batches,
    deliver,
    manifests,
    items,
    files,
    changes,
    paper,
    paper_import,
    scanners,
    doors,
    reuse,
    retention,
    dossier_retention,
    schedules,
    holds,
    stopped,
    inbox,
    account,
    accounts,
    agency_import,
    agencies,
    webhooks,
    api,
    audit,
)


def create_app(app: App) -> FastAPI:
    """Raises PartNotInstalled when the front-end packages are not there."""
    assets = Assets()
    renderer = Renderer(assets)
    web = FastAPI(
        title="Kho hồ sơ số",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        generate_unique_id_function=openapi.operation_id,
    )
    web.state.parts = Parts(app, assets, renderer, CallLimits(app.settings.api_calls_a_minute))
    web.state.readiness = Readiness(app)
    errors.install(web, renderer)
    web.add_middleware(BodyLimit)
    web.add_middleware(ETags)
    web.add_middleware(SecurityHeaders)
    for module in PAGES:
        web.include_router(module.router, include_in_schema=False, default_response_class=Response)
    web.include_router(health.router, include_in_schema=False)
    web.include_router(tus_router(app), include_in_schema=False)
    for router in ROUTERS:
        web.include_router(router)
    openapi.describe(web)

    @web.get("/static/{digest}/{name}", include_in_schema=False)
    def static(request: Request, digest: str, name: str) -> Response:
        return assets.respond(request, digest, name)

    return web
