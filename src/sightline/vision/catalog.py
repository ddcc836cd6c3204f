"""From a name or a file to a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sightline import plugins
from sightline.core.errors import UnknownLayoutError, UnknownPluginError
from sightline.vision.network import describe

if TYPE_CHECKING:
    from sightline.ports import GraphInfo, ModelAdapter, ModelOptions
    from sightline.vision.zoo import Zoo

SUFFIXES = (".onnx", ".xml")
"""Weights files that are taken by path."""


def build_model(name_or_path: str, options: ModelOptions, zoo: Zoo) -> ModelAdapter:
    """Give a model, not open: a file's, one of the zoo's, or one that needs no weights.

    Args:
        name_or_path: Path to an `.onnx` or `.xml` file, a name that the zoo knows, or `motion` or `hog`.
        options: How to run it; `options.layout` names the family where it cannot be read off the graph.
        zoo: Named weights.

    Raises:
        WeightsMissingError: The file is not there, or the zoo's has not been pulled.
        WeightsInvalidError: The file cannot be read.
        UnknownLayoutError: The graph fits no family, or several; the hint lists the choices.
        UnknownPluginError: Nothing has that name.
    """
    path = Path(name_or_path)
    if path.suffix.lower() in SUFFIXES:
        return _family(path, options)(path, options, path.stem)
    if name_or_path in zoo:
        entry = zoo.show(name_or_path)
        chosen = replace(
            options,
            layout=options.layout or entry.layout or None,
            class_names=options.class_names or entry.classes,
        )
        weights = zoo.path(name_or_path)
        return _family(weights, chosen)(weights, chosen, name_or_path, licence=entry.licence)
    if name_or_path in weightless():
        family: Callable[..., ModelAdapter] = plugins.load("models", name_or_path)
        return family(None, options, name_or_path)
    raise UnknownPluginError(
        f"no model is called {name_or_path!r}",
        hint=f"have: {', '.join((*weightless(), *zoo.names()))}; or give a path to .onnx or .xml",
    )


def weightless() -> tuple[str, ...]:
    """Give the families that need no weights."""
    return tuple(
        name
        for name in plugins.names("models")
        if not getattr(plugins.load("models", name), "needs_weights", True)
    )


def layouts() -> tuple[str, ...]:
    """Give the families that weights can be of: what `--layout` takes."""
    without = weightless()
    return tuple(name for name in plugins.names("models") if name not in without)


def detect_layout(graph: GraphInfo, file_name: str) -> str:
    """Give the one family that a graph's inputs and outputs fit.

    Raises:
        UnknownLayoutError: None fits, or several; the hint lists the choices.
    """
    fitting = [name for name in layouts() if plugins.load("models", name).matches(graph)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise UnknownLayoutError(
            f"{file_name} fits several model families: {', '.join(fitting)}",
            hint=f"choose one with --layout {'|'.join(fitting)}",
        )
    raise UnknownLayoutError(
        f"{file_name} fits no known model family: {describe(graph)}",
        hint=f"name it with --layout {'|'.join(layouts())}",
    )


def _family(weights: Path, options: ModelOptions) -> Callable[..., ModelAdapter]:
    layout = options.layout
    if layout is None:
        runtime = plugins.load("runtimes", options.runtime)()
        layout = detect_layout(runtime.read(weights), weights.name)
    if layout not in plugins.names("models"):
        raise UnknownLayoutError(f"no layout is called {layout!r}", hint=f"choose {'|'.join(layouts())}")
    family: Callable[..., ModelAdapter] = plugins.load("models", layout)
    return family
