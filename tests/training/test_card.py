"""Cards say what the recipe, the weights and the pictures say, and can be written anew without losing a table."""

from __future__ import annotations

import re

import pytest

from training.card import CARDS, card, read_card

CARDED = sorted(path.stem for path in CARDS.glob("*.md") if path.suffixes == [".md"])


@pytest.mark.parametrize("name", CARDED)
def test_a_card_written_again_is_the_same_but_for_the_speed(name):
    text = (CARDS / f"{name}.md").read_text(encoding="utf-8")
    speed_ms = float(re.search(r"\| speed \| ([\d.]+) ms", text)[1])
    assert card(name, read_card(name), speed_ms) == text


@pytest.mark.parametrize("name", CARDED)
def test_a_card_shows_where_the_model_fails(name):
    assert f"({name}-failures.jpg)" in (CARDS / f"{name}.md").read_text(encoding="utf-8")


def test_five_models_have_a_card():
    assert CARDED == ["ball", "football", "hazard", "people", "pitch"]
