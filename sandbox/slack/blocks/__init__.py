"""Block Kit as Slack checks it: closed schemas, limits, surfaces, sizes."""
