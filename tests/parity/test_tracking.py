"""Our ByteTrack beside the `trackers` library's on stored truth, same detections, same scores."""

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("trackers")
sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from sightline.service.mot_files import read_mot_truth, read_sequence_info
from tracker_quality import LEVELS, compare, detect

pytestmark = [pytest.mark.data, pytest.mark.slow]
SEQUENCES = {
    "TUD-Campus": 8,
    "TUD-Stadtmitte": 8,
    "MOT17-09": 2,
    "SportsMOT/v_1yHWGw8DH4A_c609": 2,
}


@pytest.mark.parametrize("sequence", SEQUENCES)
@pytest.mark.filterwarnings("ignore")
def test_hota_is_not_below_the_librarys(sequence, data_dir):
    folder = data_dir / "mot" / sequence
    truth = read_mot_truth(folder / "gt" / "gt.txt")
    info = folder / "seqinfo.ini"
    rate_hz = read_sequence_info(info).frame_rate_hz if info.exists() else 25.0
    inputs = [detect(truth, LEVELS["usual"], seed) for seed in range(SEQUENCES[sequence])]
    scores = compare(truth, inputs, rate_hz)
    assert scores["difference"] >= 0.0
    assert np.isfinite(scores["ours_hota"])
    assert scores["ours_hota"] > 0.55
