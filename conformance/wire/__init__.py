"""The same applications on FastAPI and on Pronghorn, asked the same over real sockets."""
