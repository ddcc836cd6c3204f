"""What every `ModelAdapter` and every `Runtime` promises."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sightline.core.detections import Detections
from sightline.core.errors import WeightsInvalidError
from sightline.core.frames import Frame
from sightline.core.models import ModelInfo, Task
from sightline.core.poses import Poses
from sightline.ports import ClassScores, ImageInput, ModelOptions
from sightline.testing.fakes import plain_image

_SIZE = (240, 320)


def _pictures(count: int) -> list[Frame]:
    return [Frame.from_image(plain_image(index, _SIZE), index=index) for index in range(count)]


class ModelAdapterContract:
    """Subclass it and give a model, not open, in `make`."""

    def make(self, folder: Path) -> Any:
        """Give an implementation."""
        raise NotImplementedError

    @pytest.fixture
    def model(self, tmp_path: Path) -> Iterator[Any]:
        model = self.make(tmp_path)
        model.open()
        yield model
        model.close()

    def test_it_says_what_it_is_once_it_is_open(self, model: Any) -> None:
        info: ModelInfo = model.info
        assert info.name
        assert info.family
        assert isinstance(info.task, Task)
        assert info.precision in {"f32", "bf16", "int8"}
        if info.input_size is not None:
            assert min(info.input_size) > 0
        if info.task is Task.POSE:
            assert info.skeleton is not None

    def test_every_frame_gets_an_answer_of_the_models_kind(self, model: Any) -> None:
        for frame in _pictures(3):
            self.check_answer(model, model.submit(frame, self.regions(model)).result())

    def test_answers_lie_in_source_pixels(self, model: Any) -> None:
        image = plain_image(5, (120, 160))
        frame = Frame(image=image, index=0, pts_s=_pictures(1)[0].pts_s, source_size=(480, 640))
        found = model.submit(frame, self.regions(model)).result()
        if isinstance(found, Detections) and len(found):
            assert found.boxes_px.min() >= -1
            assert found.boxes_px[:, [0, 2]].max() <= 641
            assert found.boxes_px[:, [1, 3]].max() <= 481

    def test_many_under_way_answer_like_one_after_the_other(self, model: Any, tmp_path: Path) -> None:
        frames = _pictures(6)
        single = [_flat(model.submit(frame, self.regions(model)).result()) for frame in frames]
        other = self.make(tmp_path)
        other.open()
        pending = [other.submit(frame, self.regions(other)) for frame in frames]
        many = [_flat(answer.result()) for answer in pending]
        other.close()
        assert many == single

    def test_it_can_be_opened_again_after_closing(self, tmp_path: Path) -> None:
        model = self.make(tmp_path)
        answers = []
        for _ in range(2):
            model.open()
            answers.append(_flat(model.submit(_pictures(1)[0], self.regions(model)).result()))
            model.close()
        assert answers[0] == answers[1]

    def test_a_model_with_a_memory_can_be_put_back(self, model: Any, tmp_path: Path) -> None:
        if not hasattr(model, "snapshot"):
            pytest.skip("a model without memory")
        frames = _pictures(8)
        for frame in frames[:4]:
            model.submit(frame).result()
        state = model.snapshot()
        expected = [_flat(model.submit(frame).result()) for frame in frames[4:]]
        other = self.make(tmp_path)
        other.open()
        other.restore(state)
        assert other.snapshot() == state
        assert [_flat(other.submit(frame).result()) for frame in frames[4:]] == expected
        other.close()

    def regions(self, model: Any) -> Detections | None:
        """Give crops to look at; models that look at whole pictures leave them alone."""
        if model.info.task is Task.DETECT:
            return None
        boxes = np.array([[10, 10, 100, 200], [150, 20, 300, 230]], np.float32)
        return Detections(boxes, np.array([0.9, 0.8], np.float32), np.zeros(2, np.int32))

    def check_answer(self, model: Any, answer: Any) -> None:
        """Check one answer's kind and ranges; the values check their shapes themselves."""
        info: ModelInfo = model.info
        if info.task is Task.DETECT:
            assert isinstance(answer, Detections)
            assert (np.diff(answer.scores) <= 0).all(), "the best box comes first"
            if info.class_names and len(answer):
                assert answer.class_ids.max() < len(info.class_names)
        elif info.task is Task.POSE:
            assert isinstance(answer, Poses)
            assert answer.skeleton == info.skeleton
        else:
            assert answer.ndim == 2
            assert len(answer) == 2
            assert answer.dtype == np.float32
            np.testing.assert_allclose(np.linalg.norm(answer, axis=1), 1, atol=1e-5)


def _flat(answer: Any) -> list[Any]:
    if isinstance(answer, Detections):
        return [answer.boxes_px.tolist(), answer.scores.tolist(), answer.class_ids.tolist()]
    if isinstance(answer, Poses):
        return [answer.points_px.tolist(), answer.scores.tolist()]
    return list(np.asarray(answer).tolist())


class RuntimeContract:
    """Subclass it; `weights` gives a graph `(1, 3, h, w)` float32 -> one output that depends on every pixel."""

    SIZE = (8, 12)

    def make(self) -> Any:
        """Give an implementation, not open."""
        raise NotImplementedError

    def weights(self, folder: Path) -> Path:
        """Give the graph's file."""
        raise NotImplementedError

    def picture(self, seed: int) -> Any:
        """Give a picture of the graph's input size."""
        rng = np.random.default_rng(seed)
        return rng.integers(0, 256, (*self.SIZE, 3), dtype=np.uint8)

    @pytest.fixture
    def runtime(self, tmp_path: Path) -> Iterator[Any]:
        runtime = self.make()
        runtime.open(self.weights(tmp_path), ImageInput(), ModelOptions(threads=1))
        yield runtime
        runtime.close()

    def test_a_graph_is_read_without_being_opened(self, tmp_path: Path) -> None:
        info = self.make().read(self.weights(tmp_path))
        assert len(info.inputs) == 1
        assert info.inputs[0].shape[-2:] == self.SIZE
        assert info.outputs

    @pytest.mark.parametrize("call", ["read", "open"])
    def test_damaged_weights_are_named_so(self, tmp_path: Path, call: str) -> None:
        good = self.weights(tmp_path)
        bad = tmp_path / f"bad{good.suffix}"
        bad.write_bytes(b"not a graph at all")
        rest = () if call == "read" else (ImageInput(), ModelOptions())
        with pytest.raises(WeightsInvalidError, match="bad"):
            getattr(self.make(), call)(bad, *rest)

    def test_the_same_picture_gives_the_same_answer(self, runtime: Any) -> None:
        first = runtime.submit(self.picture(1)).result()
        runtime.submit(self.picture(2)).result()
        again = runtime.submit(self.picture(1)).result()
        for one, other in zip(first, again, strict=True):
            np.testing.assert_array_equal(one, other)

    def test_requests_under_way_do_not_mix(self, runtime: Any) -> None:
        alone = [runtime.submit(self.picture(seed)).result() for seed in range(8)]
        pending = [runtime.submit(self.picture(seed)) for seed in range(8)]
        for expected, answer in zip(alone, [one.result() for one in pending], strict=True):
            for one, other in zip(expected, answer, strict=True):
                np.testing.assert_array_equal(one, other)
        assert not np.array_equal(alone[0][0], alone[1][0])

    def test_several_threads_may_submit(self, runtime: Any) -> None:
        def answer(seed: int) -> Any:
            return runtime.submit(self.picture(seed)).result()

        alone = [answer(seed) for seed in range(8)]
        with ThreadPoolExecutor(4) as threads:
            for expected, found in zip(alone, threads.map(answer, range(8)), strict=True):
                for one, other in zip(expected, found, strict=True):
                    np.testing.assert_array_equal(one, other)

    def test_mean_and_scale_are_applied(self, runtime: Any, tmp_path: Path) -> None:
        plain = runtime.submit(self.picture(1)).result()[0]
        shifted = self.make()
        shifted.open(
            self.weights(tmp_path), ImageInput(mean=(10, 20, 30), std=(2, 2, 2)), ModelOptions(threads=1)
        )
        other = shifted.submit(self.picture(1)).result()[0]
        shifted.close()
        assert not np.allclose(plain, other)

    def test_the_best_class_stands_for_all_where_the_runtime_picks(
        self, runtime: Any, tmp_path: Path
    ) -> None:
        if not runtime.picks_classes:
            return
        whole = runtime.submit(self.picture(1)).result()[0]
        picking, last = self.make(), whole.ndim - 1
        picking.open(
            self.weights(tmp_path), ImageInput(), ModelOptions(threads=1), ClassScores(axis=last, first=1)
        )
        picked = picking.submit(self.picture(1)).result()[0]
        picking.close()
        np.testing.assert_array_equal(picked[..., :1], whole[..., :1])
        np.testing.assert_array_equal(picked[..., 1], whole[..., 1:].max(axis=last))
        np.testing.assert_array_equal(picked[..., 2], whole[..., 1:].argmax(axis=last))
