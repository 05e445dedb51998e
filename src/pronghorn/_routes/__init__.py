"""What routers and routes are made of: descriptions, includes, lifespans."""
