"""An answer that is a stream, and is to be tried again."""

from pronghorn import FastAPI, Retry
from pronghorn.responses import StreamingResponse

FASTAPI_RAISES = Exception

app = FastAPI()


@app.get("/", retry=Retry(on=TimeoutError), response_class=StreamingResponse)
async def chunks():
    return StreamingResponse([])
