"""Pictures inside a page."""

from __future__ import annotations

from base64 import b64decode

import cv2
import numpy as np

from sightline.reporting.inline import drawn, inlined, jpeg, provenance


def test_figures_that_are_not_there_are_left_out(tmp_path):
    (tmp_path / "heat.svg").write_text("<svg/>")
    report = {
        "figures": [
            {"kind": "heat", "file": "figures/heat.svg"},
            {"kind": "flow", "file": "figures/flow.svg"},
        ]
    }
    assert drawn(report, tmp_path) == [
        {"kind": "heat", "file": "figures/heat.svg", "source": "data:image/svg+xml;base64,PHN2Zy8+"}
    ]
    assert inlined(tmp_path / "flow.svg") is None


def test_a_picture_is_a_jpeg_in_the_page():
    kind, _, content = jpeg(np.full((8, 12, 3), 90, np.uint8)).partition(",")
    assert kind == "data:image/jpeg;base64"
    picture = cv2.imdecode(np.frombuffer(b64decode(content), np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (8, 12, 3)


def test_provenance_reads_the_same_whatever_order_it_was_made_in():
    assert provenance({"provenance": {"b": 1, "a": "ü"}}) == '{\n  "a": "ü",\n  "b": 1\n}'
