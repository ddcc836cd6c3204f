"""Trains a recipe's model; stopped at any moment, it goes on where the last checkpoint was.

    python -m training.train hazard --data ../shared/data

A checkpoint holds everything: weights, averaged weights, optimiser, step. Pictures follow from the step's number, so
nothing else need be kept.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import queue
import threading
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from training.augment import make_picture
from training.losses import Truth, detection_loss
from training.network import Detector
from training.pictures_of import Pictures, load_pictures
from training.recipe import Recipe, read_recipe

RUNS = Path(__file__).parent / "runs"
CHECKPOINT_S = 120.0


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", help="a recipe, as in hazard")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("SIGHTLINE_TEST_DATA", "../shared/data")))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after this long, resumable")
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    cv2.setNumThreads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    recipe = read_recipe(given.name)
    train(recipe, load_pictures(recipe, "train", given.data), device, RUNS / recipe.name, given.minutes * 60)


def train(recipe: Recipe, pictures: Pictures, device: torch.device, folder: Path, seconds: float) -> Path:
    """Train until the recipe's last picture or until time is up, and give the checkpoint's path."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    model = Detector(len(recipe.classes), recipe.shape).to(device, memory_format=torch.channels_last)
    if recipe.start:
        start_from(model, RUNS / recipe.start / "checkpoint.pt")
    averaged = deepcopy(model).eval().requires_grad_(False)
    optimiser = torch.optim.AdamW(_groups(model, recipe.weight_decay), lr=recipe.learning_rate)
    state = _restore(folder / "checkpoint.pt", model, averaged, optimiser)
    steps = recipe.images // recipe.batch
    began, saved, step, spent = time.monotonic(), time.monotonic(), state["step"], state["seconds"]
    print(f"{recipe.name}: {len(pictures)} pictures, {sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters, step {step} of {steps}", flush=True)
    batches = _Batches(recipe, pictures, step, steps)
    sums: dict[str, float] = {}
    for step in range(step, steps):
        for group in optimiser.param_groups:
            group["lr"] = rate(step, steps, recipe)
        images, truth = batches.next()
        images = images.to(device).to(memory_format=torch.channels_last).float().div_(255)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            output = model(images)
        loss, parts = detection_loss(model, output, _moved(truth, device), recipe.train_size)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimiser.step()
        _average(averaged, model, min(recipe.ema, (1 + step) / (10 + step)))
        for name, value in parts.items():
            sums[name] = sums.get(name, 0.0) + value
        now = time.monotonic()
        if (step + 1) % 50 == 0:
            _note(folder, step + 1, steps, {name: value / 50 for name, value in sums.items()}, now - began, step + 1 - state["step"], recipe)
            sums = {}
        last = step + 1 == steps or now - began > seconds
        if last or now - saved > CHECKPOINT_S:
            saved = now
            _save(folder / "checkpoint.pt", model, averaged, optimiser, step + 1, spent + now - began)
        if last:
            break
    batches.stop()
    return folder / "checkpoint.pt"


def rate(step: int, steps: int, recipe: Recipe) -> float:
    """Give the learning rate: up in a line, down along a cosine to a fiftieth."""
    if step < recipe.warmup:
        return recipe.learning_rate * (step + 1) / recipe.warmup
    done = (step - recipe.warmup) / max(1, steps - recipe.warmup)
    return recipe.learning_rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(done, 1.0))))


def start_from(model: torch.nn.Module, checkpoint: Path) -> None:
    """Take over every tensor that fits from another model's averaged weights."""
    theirs = torch.load(checkpoint, map_location="cpu", weights_only=True)["averaged"]
    ours = model.state_dict()
    model.load_state_dict({name: theirs[name] if name in theirs and theirs[name].shape == value.shape else value for name, value in ours.items()})


class _Batches:
    """Makes batches ahead of the step, in a thread of its own; batch `k` is the same whenever it is made."""

    def __init__(self, recipe: Recipe, pictures: Pictures, first: int, last: int) -> None:
        self._recipe, self._pictures = recipe, pictures
        self._ready: queue.Queue[Any] = queue.Queue(maxsize=3)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(first, last), daemon=True)
        self._thread.start()

    def next(self) -> tuple[torch.Tensor, Truth]:
        batch = self._ready.get()
        if isinstance(batch, BaseException):
            raise batch
        return batch

    def stop(self) -> None:
        self._stopped.set()

    def _work(self, first: int, last: int) -> None:
        try:
            for step in range(first, last):
                batch = make_batch(self._recipe, self._pictures, step, last)
                while not self._stopped.is_set():
                    try:
                        self._ready.put(batch, timeout=1.0)
                        break
                    except queue.Full:
                        continue
                if self._stopped.is_set():
                    return
        except BaseException as error:
            self._ready.put(error)
            raise


def make_batch(recipe: Recipe, pictures: Pictures, step: int, steps: int) -> tuple[torch.Tensor, Truth]:
    """Give the pictures `(b, 3, h, w)` uint8 RGB and the labels of a step."""
    mosaic = step < steps * (1 - recipe.mosaic_off)
    samples = [
        make_picture(pictures.draw, np.random.default_rng((recipe.seed, step, place)), recipe.train_size, recipe.augmentation, mosaic=mosaic)
        for place in range(recipe.batch)
    ]
    images = torch.from_numpy(np.stack([sample.image[:, :, ::-1].transpose(2, 0, 1) for sample in samples]))
    known = [sample.classes >= 0 for sample in samples]
    boxes, classes = _padded([sample.boxes[real] for sample, real in zip(samples, known, strict=True)], [sample.classes[real] for sample, real in zip(samples, known, strict=True)])
    ignored, _ = _padded([sample.boxes[~real] for sample, real in zip(samples, known, strict=True)], [sample.classes[~real] for sample, real in zip(samples, known, strict=True)])
    labelled = torch.from_numpy(np.stack([sample.labelled for sample in samples]))
    return images, Truth(boxes, classes, labelled, ignored)


def _padded(boxes: list[np.ndarray], classes: list[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
    most = max(len(rows) for rows in boxes)
    all_boxes = torch.zeros(len(boxes), most, 4)
    all_classes = torch.full((len(boxes), most), -1, dtype=torch.int64)
    for place, (rows, kinds) in enumerate(zip(boxes, classes, strict=True)):
        all_boxes[place, : len(rows)] = torch.from_numpy(rows)
        all_classes[place, : len(rows)] = torch.from_numpy(kinds)
    return all_boxes, all_classes


def _moved(truth: Truth, device: torch.device) -> Truth:
    return Truth(truth.boxes.to(device), truth.classes.to(device), truth.labelled.to(device), truth.ignored.to(device))


def _groups(model: torch.nn.Module, decay: float) -> list[dict[str, Any]]:
    """Weights of convolutions decay; biases and norms do not."""
    heavy = [value for value in model.parameters() if value.ndim > 1]
    light = [value for value in model.parameters() if value.ndim <= 1]
    return [{"params": heavy, "weight_decay": decay}, {"params": light, "weight_decay": 0.0}]


@torch.no_grad()
def _average(averaged: torch.nn.Module, model: torch.nn.Module, decay: float) -> None:
    for mine, new in zip(averaged.state_dict().values(), model.state_dict().values(), strict=True):
        if mine.dtype.is_floating_point:
            mine.lerp_(new, 1 - decay)
        else:
            mine.copy_(new)


def _save(path: Path, model: torch.nn.Module, averaged: torch.nn.Module, optimiser: torch.optim.Optimizer, step: int, seconds: float) -> None:
    part = path.with_suffix(".part")
    torch.save({"model": model.state_dict(), "averaged": averaged.state_dict(), "optimiser": optimiser.state_dict(), "step": step, "seconds": seconds}, part)
    part.replace(path)


def _restore(path: Path, model: torch.nn.Module, averaged: torch.nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, Any]:
    if not path.exists():
        return {"step": 0, "seconds": 0.0}
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict(state["model"])
    averaged.load_state_dict(state["averaged"])
    optimiser.load_state_dict(state["optimiser"])
    return {"step": state["step"], "seconds": state["seconds"]}


def _note(folder: Path, step: int, steps: int, parts: dict[str, float], seconds: float, done: int, recipe: Recipe) -> None:
    """Print a line with the time left, and keep the losses for the learning curve."""
    speed = done * recipe.batch / seconds
    left = (steps - step) * recipe.batch / speed
    print(f"step {step}/{steps}  " + "  ".join(f"{name} {value:.3f}" for name, value in parts.items()) + f"  {speed:.0f} pictures/s  {left / 60:.0f} min left", flush=True)
    path = folder / "curve.csv"
    fresh = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(["step", *parts, "seconds"])
        writer.writerow([step, *(f"{value:.5f}" for value in parts.values()), f"{seconds:.1f}"])


if __name__ == "__main__":
    main()
