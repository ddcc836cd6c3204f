import sys

import pyarrow as pa
import pytest

from sightline.core.arrow import lean_arrow
from sightline.core.errors import MissingDependencyError
from sightline.core.optional import require, without


def test_an_import_fails_inside_and_works_after(monkeypatch):
    with without("colorsys"):
        monkeypatch.delitem(sys.modules, "colorsys", raising=False)
        with pytest.raises(ModuleNotFoundError, match="colorsys"):
            import colorsys  # noqa: F401
    assert require("colorsys", extra="none").rgb_to_hsv(0, 0, 0) == (0.0, 0.0, 0)


def test_what_is_loaded_already_stays_usable():
    with without("json"):
        import json
    assert json.loads("1") == 1


def test_others_are_imported_as_ever_even_where_the_block_ends_in_an_error(monkeypatch):
    before = list(sys.meta_path)
    with pytest.raises(KeyError), without("colorsys"):
        raise KeyError
    assert sys.meta_path == before


def test_a_missing_package_names_its_extra():
    with without("no_such_package"), pytest.raises(MissingDependencyError) as caught:
        require("no_such_package", extra="thing")
    assert "sightline[thing]" in str(caught.value.hint)


def test_arrow_still_gives_pandas_to_whoever_asks_for_it():
    pandas = pytest.importorskip("pandas")
    lean_arrow()
    frame = pa.table({"a": [1, 2]}).to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert pa.default_memory_pool().backend_name == "system"
