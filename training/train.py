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
from dataclasses import replace
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
KEPT = Path(__file__).parent / "kept"
"""Averaged weights in half precision, small enough for the repository: what `start` begins from elsewhere."""
CHECKPOINT_S = 120.0
PRECISIONS = ("auto", "bf16", "f32")


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", help="a recipe, as in hazard")
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("SIGHTLINE_TEST_DATA", "../shared/data"))
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after this long, resumable")
    parser.add_argument(
        "--images", type=int, help="end the schedule after so many pictures, not the recipe's"
    )
    parser.add_argument(
        "--compile", action="store_true", help="compile first: minutes lost once, a third faster after"
    )
    parser.add_argument(
        "--precision", choices=PRECISIONS, default="auto", help="auto: bf16 where the processor has it"
    )
    parser.add_argument("--keep", action="store_true", help="only write the run's weights to training/kept")
    given = parser.parse_args()
    if given.keep:
        print(keep(given.name))
        return
    torch.set_num_threads(given.threads)
    cv2.setNumThreads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    recipe = read_recipe(given.name)
    if given.images:
        recipe = replace(recipe, images=given.images)
    pictures = load_pictures(recipe, "train", given.data)
    half = given.precision == "bf16" or (given.precision == "auto" and has_bf16(device))
    trainer = Trainer(recipe, device, RUNS / recipe.name, compiled=given.compile, half=half)
    train(trainer, recipe, pictures, given.minutes * 60)


def train(trainer: Trainer, recipe: Recipe, pictures: Pictures, seconds: float) -> Path:
    """Train until the recipe's last picture or until time is up, and give the checkpoint's path."""
    steps, first = recipe.images // recipe.batch, trainer.step
    print(f"{recipe.name}: {len(pictures)} pictures, {trainer.parameters / 1e6:.2f} M parameters, ", end="")
    print(f"step {first} of {steps}", flush=True)
    batches = _Batches(recipe, pictures, first, steps)
    began = saved = time.monotonic()
    curve = Curve(trainer.checkpoint.with_name("curve.csv"), recipe, steps, first)
    while trainer.step < steps and time.monotonic() - began < seconds:
        curve.add(trainer.step + 1, trainer.learn(*batches.next(), rate(trainer.step, steps, recipe)))
        if time.monotonic() - saved > CHECKPOINT_S:
            saved = time.monotonic()
            trainer.save(time.monotonic() - began)
    batches.stop()
    trainer.save(time.monotonic() - began)
    return trainer.checkpoint


class Trainer:
    """A model, its averaged twin and the optimiser, as the checkpoint left them."""

    def __init__(
        self,
        recipe: Recipe,
        device: torch.device,
        folder: Path,
        *,
        compiled: bool = False,
        half: bool = False,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(recipe.seed)
        self._recipe, self._device, self._half = recipe, device, half
        self.checkpoint = folder / "checkpoint.pt"
        self.model = Detector(len(recipe.classes), recipe.shape).to(device, memory_format=torch.channels_last)
        if recipe.start:
            start_from(self.model, recipe.start)
        self.averaged = deepcopy(self.model).eval().requires_grad_(False)
        self.optimiser = torch.optim.AdamW(_groups(self.model, recipe.weight_decay), lr=recipe.learning_rate)
        self._answer = torch.compile(self.model, dynamic=False) if compiled else self.model
        self.step, self._seconds = 0, 0.0
        if self.checkpoint.exists():
            self._restore()

    @property
    def parameters(self) -> int:
        """How many numbers are learned."""
        return sum(value.numel() for value in self.model.parameters())

    def learn(self, images: torch.Tensor, truth: Truth, learning_rate: float) -> dict[str, float]:
        """Take one step and give the losses."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate
        pictures = images.to(self._device).to(memory_format=torch.channels_last).float().div_(255)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._half):
            output = self._answer(pictures)
        loss, parts = detection_loss(
            self.model,
            output,
            truth.to(self._device),
            self._recipe.train_size,
            box_weight=self._recipe.box_weight,
        )
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 10.0)
        self.optimiser.step()
        _average(self.averaged, self.model, min(self._recipe.ema, (1 + self.step) / (10 + self.step)))
        self.step += 1
        return parts

    def save(self, seconds: float) -> None:
        """Write the checkpoint, whole or not at all; `seconds` are those since this process began."""
        part = self.checkpoint.with_suffix(".part")
        state = {
            "model": self.model.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "seconds": self._seconds + seconds,
        }
        torch.save(state, part)
        part.replace(self.checkpoint)

    def _restore(self) -> None:
        state: dict[str, Any] = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
        self.model.load_state_dict(state["model"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self._seconds = state["step"], state["seconds"]


def has_bf16(device: torch.device) -> bool:
    """Tell whether the device multiplies bf16 in hardware; elsewhere f32 is faster."""
    return device.type == "cuda" or bool(torch.cpu.get_capabilities().get("avx512_bf16"))


class Curve:
    """Prints the losses' means and the time left every so often, and keeps them for the learning curve."""

    EVERY = 50

    def __init__(self, path: Path, recipe: Recipe, steps: int, first: int) -> None:
        self._path, self._recipe, self._steps, self._first = path, recipe, steps, first
        self._began = time.monotonic()
        self._sums: dict[str, float] = {}
        self._summed = 0

    def add(self, step: int, parts: dict[str, float]) -> None:
        """Take a step's losses."""
        for name, value in parts.items():
            self._sums[name] = self._sums.get(name, 0.0) + value
        self._summed += 1
        if step % self.EVERY:
            return
        means = {name: total / self._summed for name, total in self._sums.items()}  # fewer after a resumption
        self._sums, self._summed = {}, 0
        speed = (step - self._first) * self._recipe.batch / (time.monotonic() - self._began)
        left_min = (self._steps - step) * self._recipe.batch / speed / 60
        said = "  ".join(f"{name} {value:.3f}" for name, value in means.items())
        print(
            f"step {step}/{self._steps}  {said}  {speed:.0f} pictures/s  {left_min:.0f} min left", flush=True
        )
        fresh = not self._path.exists()
        with self._path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if fresh:
                writer.writerow(["step", *means])
            writer.writerow([step, *(f"{value:.5f}" for value in means.values())])


def rate(step: int, steps: int, recipe: Recipe) -> float:
    """Give the learning rate: up in a line, down along a cosine to a fiftieth."""
    if step < recipe.warmup:
        return recipe.learning_rate * (step + 1) / recipe.warmup
    done = (step - recipe.warmup) / max(1, steps - recipe.warmup)
    return recipe.learning_rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(done, 1.0))))


def start_from(model: torch.nn.Module, name: str) -> None:
    """Take over every tensor that fits from another model's averaged weights, of a run here or kept ones."""
    run = RUNS / name / "checkpoint.pt"
    theirs = torch.load(run if run.exists() else KEPT / f"{name}.pt", map_location="cpu", weights_only=True)[
        "averaged"
    ]
    ours = model.state_dict()
    taken = {
        key: theirs[key].to(value.dtype)
        for key, value in ours.items()
        if key in theirs and theirs[key].shape == value.shape
    }
    model.load_state_dict({**ours, **taken})


def keep(name: str) -> Path:
    """Write a run's averaged weights to the repository."""
    averaged = torch.load(RUNS / name / "checkpoint.pt", map_location="cpu", weights_only=True)["averaged"]
    small = {key: value.half() if value.dtype.is_floating_point else value for key, value in averaged.items()}
    KEPT.mkdir(exist_ok=True)
    torch.save({"averaged": small}, KEPT / f"{name}.pt")
    return KEPT / f"{name}.pt"


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
        make_picture(
            pictures.draw,
            np.random.default_rng((recipe.seed, step, place)),
            recipe.train_size,
            recipe.augmentation,
            mosaic=mosaic,
        )
        for place in range(recipe.batch)
    ]
    images = torch.from_numpy(np.stack([sample.image[:, :, ::-1].transpose(2, 0, 1) for sample in samples]))
    known = [sample.classes >= 0 for sample in samples]
    boxes, classes = _padded(
        [sample.boxes[real] for sample, real in zip(samples, known, strict=True)],
        [sample.classes[real] for sample, real in zip(samples, known, strict=True)],
    )
    ignored, _ = _padded(
        [sample.boxes[~real] for sample, real in zip(samples, known, strict=True)],
        [sample.classes[~real] for sample, real in zip(samples, known, strict=True)],
    )
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


def _groups(model: torch.nn.Module, decay: float) -> list[dict[str, Any]]:
    """Weights of convolutions decay; biases and norms do not."""
    heavy = [value for value in model.parameters() if value.ndim > 1]
    light = [value for value in model.parameters() if value.ndim <= 1]
    return [{"params": heavy, "weight_decay": decay}, {"params": light, "weight_decay": 0.0}]


@torch.no_grad()
def _average(averaged: torch.nn.Module, model: torch.nn.Module, decay: float) -> None:
    pairs = list(zip(averaged.state_dict().values(), model.state_dict().values(), strict=True))
    floats = [pair for pair in pairs if pair[0].dtype.is_floating_point]
    torch._foreach_lerp_([mine for mine, _ in floats], [new for _, new in floats], 1 - decay)
    for mine, new in pairs:
        if not mine.dtype.is_floating_point:
            mine.copy_(new)


if __name__ == "__main__":
    main()
