"""What every table's schema promises."""

from __future__ import annotations

import pyarrow as pa
import pytest

from sightline.core.errors import ConfigError
from sightline.core.tables import TABLES, schema_of

UNITS = ("_px", "_m", "_m2", "_s", "_mps", "_px_s", "_deg")


@pytest.mark.parametrize("table", sorted(TABLES.keys() - {"physical"}))  # a row about a whole match
def test_every_row_has_a_frame_and_a_time(table):
    schema = schema_of(table)
    assert schema.names[:2] == ["frame", "t_s"]
    assert (schema.field("frame").type, schema.field("t_s").type) == (pa.int64(), pa.float64())


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("x1_px", pa.float32()),
        ("y2_px", pa.float32()),
        ("score", pa.float32()),
        ("class_name", pa.string()),
        ("track_id", pa.int64()),
    ],
)
def test_a_column_is_of_one_kind_in_every_table(column, kind):
    measured = [
        schema for table, schema in TABLES.items() if table != "ball"
    ]  # its score is of many detections
    kinds = {schema.field(column).type for schema in measured if column in schema.names}
    assert kinds == {kind}


@pytest.mark.parametrize("table", TABLES)
def test_real_valued_columns_say_their_unit_or_have_none(table):
    dimensionless = {"score", "coverage", "mean", "value", "confidence", "quality", "share", "margin"}
    dimensionless |= {"l", "a", "b"} if table == "kits" else set()
    dimensionless |= {"brightness", "contrast", "sharpness"} if table == "sight" else set()
    dimensionless |= (
        {"extent", "extent_sd"} if table == "hazards" else set()
    )  # their unit has a column of its own
    dimensionless |= (
        {f"m{row}{column}" for row in (1, 2, 3) for column in (1, 2, 3)} if table == "pitch" else set()
    )
    for field in schema_of(table):
        if pa.types.is_floating(field.type):
            assert field.name.endswith(UNITS) or field.name in dimensionless, field.name


def test_an_unknown_table_is_refused_with_those_there_are():
    with pytest.raises(ConfigError, match="'nothing'") as caught:
        schema_of("nothing")
    assert "tracks" in (caught.value.hint or "")
