"""What wraps every request."""

from middleware.timing import TimingMiddleware

__all__ = ["TimingMiddleware"]
