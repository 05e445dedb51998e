"""One route with several methods: which of them names the operation?"""

from fastapi import FastAPI

app = FastAPI()


@app.api_route("/any", methods=["GET", "DELETE", "PATCH", "PUT"])
async def several():
    return "any"
