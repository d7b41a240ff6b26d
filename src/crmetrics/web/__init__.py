"""Door: pages of one FastAPI application, from the server, state in the URL, nothing from outside."""
