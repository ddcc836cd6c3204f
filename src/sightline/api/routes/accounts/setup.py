"""The page behind a setup link: a form that sets a password.

The token stands after `#`, which no browser sends: it comes into no log on the way.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from sightline.asgi.security import public

router = APIRouter(
    tags=["auth"],
    include_in_schema=False,
    dependencies=[Depends(public("whoever comes here has no password yet"))],
)

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sightline: set a password</title>
<link rel="stylesheet" href="/setup.css">
<script src="/setup.js" defer></script>
</head>
<body>
<main>
<h1>Set your password</h1>
<form id="form">
<label>New password, 12 characters or more
<input id="password" type="password" autocomplete="new-password" minlength="12" maxlength="256" required autofocus></label>
<label>Once more
<input id="again" type="password" autocomplete="new-password" required></label>
<button>Set it</button>
</form>
<p id="said" role="status"></p>
</main>
</body>
</html>
"""
_STYLE = """:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; background: #f4f5f7; color: #1c2530 }
main { max-width: 26rem; margin: 12vh auto; padding: 2rem; background: #fff; border-radius: 8px }
label { display: block; margin: 1rem 0 }
input, button { display: block; width: 100%; box-sizing: border-box; margin-top: .3rem; padding: .6rem; font: inherit }
button { border: 0; border-radius: 4px; background: #14532d; color: #fff; cursor: pointer }
@media (prefers-color-scheme: dark) { body { background: #14181d; color: #e6e9ed } main { background: #1e242b }
  a { color: #7dd3fc } }
"""
_SCRIPT = """"use strict";
const form = document.getElementById("form");
const said = document.getElementById("said");
const token = location.hash.slice(1);
if (!token) said.textContent = "This address lacks its token; copy the whole link.";
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const password = document.getElementById("password").value;
  if (password !== document.getElementById("again").value) {
    said.textContent = "The two are not the same.";
    return;
  }
  const asked = fetch("/api/v1/auth/setup", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ setup_token: token, password }),
  });
  const answer = await asked.catch(() => null);
  const body = await answer?.json().catch(() => null);
  if (!body) {
    said.textContent = "The server cannot be reached; try again.";
    return;
  }
  said.textContent = answer.ok
    ? `Done: you can sign in as ${body.name}.`
    : `${body.detail}. ${body.hint || ""}`;
  if (answer.ok) {
    form.remove();
    const next = document.createElement("a");
    next.href = "/";
    next.textContent = "What to do next";
    said.append(" ", next);
    history.replaceState(null, "", location.pathname);
  }
});
"""


@router.get("/setup", response_class=HTMLResponse)
def page() -> HTMLResponse:
    """Show the form."""
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})


@router.get("/setup.js")
def script() -> Response:
    """Give what sends it."""
    return Response(_SCRIPT, media_type="text/javascript")


@router.get("/setup.css")
def style() -> Response:
    """Give how it looks."""
    return Response(_STYLE, media_type="text/css")
