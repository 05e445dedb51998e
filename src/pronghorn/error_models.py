"""Two models without fields that FastAPI has among its exceptions, for whoever asks for them."""

from pydantic import BaseModel, create_model

RequestErrorModel: type[BaseModel] = create_model("Request")
WebSocketErrorModel: type[BaseModel] = create_model("WebSocket")
