"""Outside of production, statements are held against a budget: here since the app is debugged."""

from pronghorn import FastAPI, Retry

app = FastAPI(debug=True, query_budget=20)


@app.get("/items", query_budget=2)
async def list_items():
    return []


@app.get("/stream")
async def stream():
    yield "line"


@app.get("/tried", retry=Retry(on=TimeoutError))
async def try_it():
    return None


@app.websocket("/talk")
async def talk():
    return None
