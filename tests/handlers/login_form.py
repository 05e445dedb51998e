"""A form of our own: it is read and made where the request is, without a thread."""

from pronghorn import Depends, FastAPI
from pronghorn.security import OAuth2PasswordRequestForm

app = FastAPI()


@app.post("/token")
async def log_in(form: OAuth2PasswordRequestForm = Depends()):
    return {"access_token": form.username, "token_type": "bearer"}
