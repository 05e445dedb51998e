"""Answers without a body, and a class that the author chose."""

from pronghorn import FastAPI
from pronghorn.responses import HTMLResponse

app = FastAPI()


@app.delete("/items/{item_id}", status_code=204)
async def delete_item(item_id: int):
    return None


@app.get("/page", response_class=HTMLResponse)
async def page():
    return "<h1>Hello</h1>"
