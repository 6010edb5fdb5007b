"""Embedding in a web application: events are streamed as they happen, and a client that leaves cancels the run.

pip install starlette uvicorn
python examples/web_app.py
curl -N localhost:8000/solve
"""

import json
from collections.abc import AsyncIterator

import anyio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

import modulo
from modulo.domains import graph_coloring
from modulo.trace import event_json

session = modulo.Ledger(modulo.Budget(cost_usd=5.0))  # what all requests together may spend


def generator() -> modulo.Generator:
    """The model; tests put another one here."""
    problem = graph_coloring.DOMAIN.example()
    return modulo.Local(schema=graph_coloring.answer_schema(problem))


async def cancel_when_gone(request: Request, events: modulo.EventStream) -> None:
    """Nothing may be sent for minutes while a model thinks, so a lost client must be listened for."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
    events.cancel()


async def solve(request: Request) -> StreamingResponse:
    async def lines() -> AsyncIterator[str]:
        graph = graph_coloring.graph(request.app.state.generator())
        problem = graph_coloring.DOMAIN.example()
        budget = modulo.Budget(rounds=30, seconds=60)
        # Leaving this block ends the run and everything that it started.
        async with (
            modulo.stream(graph, problem, budget=budget, within=session) as events,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(cancel_when_gone, request, events)
            async for event in events:
                yield f"data: {json.dumps(event_json(event))}\n\n"
            tasks.cancel_scope.cancel()

    return StreamingResponse(lines(), media_type="text/event-stream")


async def spent(request: Request) -> JSONResponse:
    usage = session.spent
    return JSONResponse({"calls": usage.calls, "tokens": usage.tokens, "in_flight": session.reserved.calls})


app = Starlette(routes=[Route("/solve", solve), Route("/spent", spent)])
app.state.generator = generator

if __name__ == "__main__":
    import uvicorn

    uvicorn.run(app, port=8000)
