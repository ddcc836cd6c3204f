"""Our tracking scores against TrackEval's, on tracks of public trackers on stored sequences.

The numbers were made once by the package trackeval 1.0.0 (MIT), metrics HOTA, CLEAR and Identity at its
defaults, fed with the same rows: active pedestrians of the truth, and every row of the tracker's file.
"""

import time

import pytest

from sightline.analytics.evaluation.mot import evaluate_mot
from sightline.service.mot_files import read_mot, read_mot_truth

NAMES = (
    "hota",
    "det_a",
    "ass_a",
    "loc_a",
    "det_re",
    "det_pr",
    "ass_re",
    "ass_pr",
    "mota",
    "motp",
    "idf1",
    "idp",
    "idr",
    "id_switches",
    "fragmentations",
    "true_positives",
    "false_positives",
    "false_negatives",
    "mostly_tracked",
    "mostly_lost",
)
TRACKEVAL = {
    "TUD-Campus": (
        0.391397438,
        0.418047030,
        0.369120681,
        0.770052227,
        0.441577481,
        0.714082504,
        0.383224914,
        0.754049777,
        0.526462396,
        0.722798915,
        0.557659208,
        0.729729730,
        0.451253482,
        7,
        7,
        209,
        13,
        150,
        1,
        1,
    ),
    "TUD-Stadtmitte": (
        0.397849017,
        0.392267572,
        0.408840752,
        0.737521177,
        0.413130577,
        0.637622093,
        0.449219009,
        0.631203324,
        0.564013841,
        0.654095704,
        0.644619423,
        0.819759680,
        0.531141869,
        7,
        6,
        704,
        45,
        452,
        5,
        1,
    ),
    "MOT17-05": (
        0.563711872,
        0.528794980,
        0.601422716,
        0.883550051,
        0.550109189,
        0.876954428,
        0.671921822,
        0.813434662,
        0.601850513,
        0.866866059,
        0.689054726,
        0.893754321,
        0.560647680,
        30,
        62,
        4266,
        73,
        2651,
        35,
        36,
    ),
    "MOT17-09": (
        0.642261282,
        0.668233520,
        0.617340101,
        0.926580574,
        0.689300717,
        0.934451710,
        0.645527577,
        0.895390654,
        0.715492958,
        0.920153638,
        0.728844699,
        0.858452138,
        0.633239437,
        10,
        7,
        3874,
        54,
        1451,
        14,
        1,
    ),
    "MOT17-11": (
        0.706710378,
        0.689045894,
        0.725065106,
        0.931673664,
        0.707609156,
        0.942812765,
        0.743759927,
        0.950850562,
        0.731242052,
        0.927146623,
        0.787625621,
        0.918525840,
        0.689381094,
        18,
        27,
        7000,
        82,
        2436,
        32,
        18,
    ),
}

pytestmark = pytest.mark.data


@pytest.mark.parametrize("sequence", TRACKEVAL)
def test_every_score_equals_trackevals(sequence, data_dir):
    folder = data_dir / "mot" / sequence
    truth, tracks = read_mot_truth(folder / "gt" / "gt.txt"), read_mot(folder / "tracker_example.txt")
    scores = evaluate_mot(truth, tracks).to_json()
    assert [scores[name] for name in NAMES] == pytest.approx(TRACKEVAL[sequence], abs=1e-9)


def test_nine_hundred_frames_are_scored_well_within_three_seconds(data_dir):
    folder = data_dir / "mot" / "MOT17-11"
    truth, tracks = read_mot_truth(folder / "gt" / "gt.txt"), read_mot(folder / "tracker_example.txt")
    start = time.process_time()
    evaluate_mot(truth, tracks)
    assert time.process_time() - start < 3.0
