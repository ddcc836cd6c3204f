"""The API's reference as one plain page: made from the OpenAPI document, with no script and nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_FIRST = ("videos", "uploads", "pipelines", "events", "results", "catalog", "live", "cameras")
POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
STYLE = """:root { color-scheme: light dark }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0; background: #f4f5f7; color: #1c2530 }
main { max-width: 62rem; margin: 0 auto; padding: 1rem }
details { background: #fff; border-radius: 6px; margin: .4rem 0; padding: .5rem .8rem }
summary { cursor: pointer }
code { font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere }
.method { display: inline-block; min-width: 4.5rem; font-weight: 600; color: #14532d }
table { border-collapse: collapse; margin: .5rem 0; width: 100% }
td, th { border-bottom: 1px solid #d5dae1; padding: .2rem .5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere }
th { overflow-wrap: normal }
pre { white-space: pre-wrap; margin: 0 }
@media (prefers-color-scheme: dark) { body { background: #14181d; color: #e6e9ed } details { background: #1e242b }
  .method { color: #86efac } a { color: #7dd3fc } }
"""


def reference_page(document: Mapping[str, Any]) -> str:
    """Write the page of an OpenAPI document: every route with its parameters, body and answers, by tag."""
    info = document["info"]
    by_tag: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["other"])[0]
            by_tag.setdefault(tag, []).append(_operation(method, path, operation))
    parts = [f"<h2>{escape(tag)}</h2>\n" + "\n".join(by_tag[tag]) for tag in sorted(by_tag, key=_place)]
    parts += ["<h2>Shapes</h2>", *_shapes(document)]
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{escape(info["title"])} {escape(info["version"])}: the API</title>
<link rel="stylesheet" href="/docs.css">
</head>
<body>
<main>
<h1>{escape(info["title"])} {escape(info["version"])}</h1>
{_words(info.get("description", ""))}
<p>For programs: <a href="/openapi.json">openapi.json</a>. How to begin: <a href="/">this server's first page</a>.</p>
{"".join(part + chr(10) for part in parts)}</main>
</body>
</html>
"""


def _place(tag: str) -> tuple[int, str]:
    """Give where a tag stands: first what a user does with a video, in the order of doing it."""
    return (_FIRST.index(tag) if tag in _FIRST else len(_FIRST), tag)


def _words(text: str) -> str:
    """Give a text as paragraphs; `words` are code."""
    paragraphs = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text)).strip().split("\n\n")
    return "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    title = operation.get("summary", "")
    rows = [
        (f"{one['name']} ({one['in']})", _type(one.get("schema", {})), one.get("description", ""))
        for one in operation.get("parameters", ())
    ]
    rows += [
        ("body", f"{kind}: {_type(content.get('schema', {}))}", "")
        for kind, content in operation.get("requestBody", {}).get("content", {}).items()
    ]
    answers = [(status, one.get("description", ""), _answer(one)) for status, one in _answers(operation)]
    return (
        f'<details><summary><span class="method">{escape(method.upper())}</span> <code>{escape(path)}</code> '
        f"{escape(title)}</summary>\n<pre>{escape(operation.get('description', ''))}</pre>\n"
        f"{_table(('takes', 'type', 'meaning'), rows)}{_table(('answers', 'meaning', 'body'), answers)}</details>"
    )


def _answers(operation: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from sorted(operation.get("responses", {}).items())


def _answer(response: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{kind} {_type(content.get('schema', {}))}".strip()
        for kind, content in response.get("content", {}).items()
    )


def _shapes(document: Mapping[str, Any]) -> Iterator[str]:
    for name, schema in sorted(document.get("components", {}).get("schemas", {}).items()):
        rows = [
            (field, _type(facts), facts.get("description", ""))
            for field, facts in schema.get("properties", {}).items()
        ]
        yield (
            f"<details><summary><code>{escape(name)}</code> {escape(schema.get('description', ''))}</summary>\n"
            f"{_table(('field', 'type', 'meaning'), rows)}</details>"
        )


def _type(schema: Mapping[str, Any]) -> str:
    """Give a schema's type in a word or two."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {})) or 'anything'}"
    return str(schema.get("const", schema.get("type", "")))


def _table(header: tuple[str, str, str], rows: list[tuple[str, str, str]]) -> str:
    if not rows:
        return ""
    head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>\n" for row in rows
    )
    return f"<table><tr>{head}</tr>\n{body}</table>\n"
