"""Siteswap: reading, validity, canonical names, states."""

from __future__ import annotations

import re
from itertools import product
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import fromstring

import numpy as np
import pytest

from sightline.analytics.juggling.notation import (
    canonical,
    juggling_lab_jml,
    juggling_lab_url,
    parse,
    symbol,
    try_parse,
)
from sightline.analytics.juggling.siteswap.patterns import random_siteswap, siteswaps
from sightline.analytics.juggling.siteswap.states import follow, ground, is_ground, states, transition
from sightline.core.errors import NotationError


@pytest.mark.parametrize(
    ("text", "name", "balls"),
    [
        ("3", "3", 3),
        ("153", "531", 3),
        ("5151", "51", 3),
        ("447", "744", 5),
        ("a0", "a0", 5),
        ("{10}0", "a0", 5),
        ("{25}{25}", "{25}", 25),
        ("0", "0", 0),
        ("24[54]", "[54]24", 5),
        ("[43]1421", "[43]1421", 3),
        ("[33]33", "[33]33", 4),
        ("(4,6x)*", "(6x,4)*", 5),
        ("(4,6x)(6x,4)", "(6x,4)*", 5),
        ("(4,2x)(2x,4)", "(4,2x)*", 3),
        ("(2x,4X)", "(4x,2x)", 3),
        ("([44],2x)(2x,[44])", "([44],2x)*", 5),
        (" ( 4 , 4 ) ", "(4,4)", 4),
    ],
)
def test_a_pattern_has_one_name_and_a_number_of_balls(text, name, balls):
    pattern = parse(text)
    assert (str(pattern.canonical()), pattern.balls) == (name, balls)
    assert str(parse(name)) == name


@pytest.mark.parametrize("text", ["54", "321", "(4,5)", "(4,4x)", "[43]4", "(6x,4)", "12"])
def test_what_cannot_be_juggled_says_where_balls_collide(text):
    pattern = parse(text)
    assert not pattern.valid
    assert "land on beat" in (pattern.fault() or "")
    with pytest.raises(NotationError):
        _ = pattern.balls
    assert try_parse(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<3p|3p>", "passing"),
        ("3p3", "passing"),
        ("", "empty"),
        ("(4,4", "needs ')'"),
        ("[54", "ends within"),
        ("5?1", "is not a throw"),
        ("{", "is not a throw"),
        ("3" * 201, "at most 200"),
    ],
)
def test_what_is_no_notation_is_refused_in_words(text, said):
    with pytest.raises(NotationError, match=said.replace("(", r"\(").replace(")", r"\)")):
        parse(text)


def test_symbols_skip_p_which_stands_for_passing():
    assert [symbol(value) for value in (9, 10, 24, 25, 26, 35, 36)] == [
        "9",
        "a",
        "o",
        "{25}",
        "q",
        "z",
        "{36}",
    ]


@pytest.mark.slow
def test_validity_and_balls_agree_with_the_plain_rules_on_every_string_of_up_to_five_digits():
    disagreements = []
    for length in range(1, 6):
        for values in product(range(8), repeat=length):
            landed = len({(place + value) % length for place, value in enumerate(values)}) == length
            pattern = parse("".join(map(str, values)))
            if pattern.valid != landed or (landed and pattern.balls * length != sum(values)):
                disagreements.append(values)
    assert not disagreements


def test_all_patterns_of_a_kind_are_counted_as_the_theorem_counts_them():
    """Strings with fewer than b balls number b**n: Buhler, Eisenbud, Graham & Wright 1994, theorem 1."""
    for period, balls in ((3, 3), (4, 2), (5, 2)):
        turns = 0
        for divisor in (one for one in range(1, period + 1) if period % one == 0):
            turns += divisor * len(siteswaps(divisor, balls, balls * period))
        assert turns == (balls + 1) ** period - balls**period


def test_random_patterns_are_valid_canonical_and_repeat_with_their_seed():
    drawn = [str(random_siteswap(np.random.default_rng(seed))) for seed in range(40)]
    assert drawn == [str(random_siteswap(np.random.default_rng(seed))) for seed in range(40)]
    assert len(set(drawn)) > 20
    assert all(canonical(one) == one for one in drawn)


@pytest.mark.parametrize(
    ("text", "first", "is_calm"),
    [("3", (1, 1, 1), True), ("531", (1, 1, 1), True), ("51", (1, 1, 0, 1), False)],
)
def test_states_tell_ground_from_excited(text, first, is_calm):
    pattern = parse(text)
    assert states(pattern)[0] == first
    assert is_ground(pattern) is is_calm


def test_every_state_leads_on_as_its_throw_says():
    pattern = parse("7531")
    found = states(pattern)
    for beat, state in enumerate(found):
        assert follow(state, pattern.values[beat]) == found[(beat + 1) % len(found)]


def test_transitions_lead_there_and_back():
    into = transition(ground(3), states(parse("51"))[0], 5)
    back = transition(states(parse("51"))[0], ground(3), 5)
    assert (into, back) == ((4,), (2,))
    assert transition((1,), (0, 0, 0, 0, 0, 0, 0, 0, 1), 3) is None


def test_synchronous_patterns_have_no_states_here():
    with pytest.raises(NotationError, match="synchronous"):
        states(parse("(4,4)"))


# Patterns for one juggler in Juggling Lab's own grammar, composeApp/antlr/JlSiteswap.g4 of jkboyce/jugglinglab.
_VALUE = r"(?:\{\d+\}|[0-9a-oq-wyz])"
_HAND = rf"(?:{_VALUE}x?|\[(?:{_VALUE}x?)+\])"
_JUGGLING_LAB = re.compile(rf"(?:{_HAND}|\({_HAND},{_HAND}\)!?)+\*?")


@pytest.mark.parametrize(
    "name", ["531", "{25}{25}", "a0", "[54]24", "[43]1421", "(6x,4)*", "(4,2x)*", "([6x4],2)(2,4)"]
)
def test_juggling_lab_gets_a_link_and_a_document_that_its_grammar_reads(name):
    pattern = parse(name)
    link = urlsplit(juggling_lab_url(pattern))
    assert (link.netloc, link.path) == ("jugglinglab.org", "/anim")
    (setting,) = link.query.split(";")
    key, _, value = unquote(setting).partition("=")
    assert key == "pattern"
    assert _JUGGLING_LAB.fullmatch(value)
    assert parse(value) == pattern
    (line,) = fromstring(juggling_lab_jml(pattern)).findall("patternlist/line")
    assert line.get("notation") == "siteswap"
    assert (line.text or "").strip() == f"pattern={value}"


def test_random_patterns_are_in_juggling_labs_grammar():
    rng = np.random.default_rng(6)
    for _ in range(50):
        assert _JUGGLING_LAB.fullmatch(str(random_siteswap(rng).canonical()))
