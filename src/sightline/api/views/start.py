"""The page at a server's own address: what it is, and the first things to do."""

from __future__ import annotations

from html import escape

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sightline</title>
<link rel="stylesheet" href="/docs.css">
</head>
<body>
<main>
<h1>Sightline {version}</h1>
<p>This server turns video into data. You work with it from the command line, from your own programs, and with a phone as
its camera; there is no dashboard.</p>
<h2>The first time</h2>
<ol>
<li>Set the admin's password: open the link that <code>sightline serve</code> printed. It works once;
<code>sightline admin users invite admin</code> on the server's machine prints another.</li>
<li>Make a key, there as well; it is shown this once:
<pre>sightline admin keys add admin laptop --scope '*'</pre></li>
<li>Have a video analysed, from any machine that has Sightline; put this page's address for <code>SERVER</code>:
<pre>export SIGHTLINE_TOKEN=sl_...
sightline --server SERVER analyze street.mp4</pre></li>
</ol>
<h2>What else is here</h2>
<ul>
<li><a href="/docs">Every route of the API</a>, with what it takes and answers; for programs <a href="/openapi.json">openapi.json</a></li>
<li><a href="/stream/view">A phone or webcam as a camera</a>: it asks for a key, and the browser for https unless it is on the server's
machine</li>
<li><a href="/readyz">Whether the server can take work</a>, and which part of it is down</li>
<li><a href="/metrics">Figures for Prometheus</a></li>
</ul>
</main>
</body>
</html>
"""


def start_page(version: str) -> str:
    """Write the page."""
    return _PAGE.format(version=escape(version))
