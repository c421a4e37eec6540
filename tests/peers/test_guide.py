"""The program that the guide shows runs in Keras, and says what the guide says."""

import os
import subprocess
import sys
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from scipy import special, stats

from dashboard.guide.example import work

KS_P = 1e-6
"""A law that is right fails once in a million; the seeds are fixed."""

SAVE = """
import numpy as np
np.savez({path!r}, first=model.layers[0].kernel, second=model.layers[1].kernel,
         first_bias=model.layers[0].bias, second_bias=model.layers[1].bias, inputs=inputs,
         outputs=model(inputs))
"""


@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_the_guide_s_program_in_keras(scale: float, tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    said = subprocess.run(
        [sys.executable, "-c", work(scale, 7).code + SAVE.format(path=str(path))],
        env={**os.environ, "KERAS_BACKEND": "jax", "COLUMNS": "100"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert "7,114" in said
    assert "6,464" in said
    assert "650" in said
    with np.load(path) as found:
        first, second = found["first"], found["second"]
        assert (first.shape, second.shape) == ((100, 64), (64, 10))
        assert not found["first_bias"].any()
        assert not found["second_bias"].any()
        for kernel, fan_in in ((first, 100), (second, 64)):
            parent = sqrt(scale / fan_in) / stats.truncnorm(-2, 2).std()
            law = stats.truncnorm(-2, 2, scale=parent)
            assert stats.kstest(kernel.ravel().astype(np.float64), law.cdf).pvalue > KS_P
        hidden = np.maximum(found["inputs"][0].astype(np.float64) @ first, 0)
        shares = special.softmax(hidden @ second.astype(np.float64))
        np.testing.assert_allclose(found["outputs"][0], shares, rtol=2e-3, atol=1e-6)
    entropy = stats.entropy(shares)
    assert (entropy > 2.302) == (scale < 1)
    assert (entropy < 0.5) == (scale > 1)
