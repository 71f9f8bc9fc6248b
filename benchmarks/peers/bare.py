"""The limit: a route that returns bytes, and does nothing else, under uvicorn in one process.

Run ``python bare.py PORT``; it needs starlette and uvicorn alone. A PUT sets the bytes that GET returns.
"""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_kept = {"body": b"{}"}


async def answer(request: Request) -> Response:
    """Return the bytes."""
    return Response(_kept["body"], media_type="application/sparql-results+json")


async def keep(request: Request) -> Response:
    """Take the bytes to return from now on."""
    _kept["body"] = await request.body()
    return Response(status_code=204)


application = Starlette(
    routes=[Route("/sparql", answer, methods=["GET"]), Route("/sparql", keep, methods=["PUT"])]
)

if __name__ == "__main__":
    uvicorn.run(application, host="127.0.0.1", port=int(sys.argv[1]), access_log=False, log_level="warning")
