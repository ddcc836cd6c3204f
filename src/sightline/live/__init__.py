"""The door for live streams: WebSocket, server-sent events, cameras."""
