"""What both web doors share: problem details, who is asking, middleware, metrics."""
