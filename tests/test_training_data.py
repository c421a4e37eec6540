"""Examples: the patterns, the digits, and what a `Dataset` refuses."""

import hashlib
import math
from typing import Any

import numpy as np
import pytest

from vscore._streams import Stream
from vscore.training import DATASETS, Dataset, draw_dataset
from vscore.training.chance import permutation, uniforms
from vscore.training.digits import load_digits

PLANE = [name for name, source in DATASETS.items() if source.features == 2]


@pytest.mark.parametrize("name", DATASETS)
def test_shape_and_size(name: str) -> None:
    source = DATASETS[name]
    data = draw_dataset(name, points=300, noise=0.0, seed=3)
    assert data.inputs.shape == (300, source.features)
    assert (len(data), data.task, data.classes, data.name) == (300, "classes", source.classes, name)
    assert set(data.targets.tolist()) == set(range(source.classes))
    assert np.square(data.inputs).mean() == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("name", DATASETS)
def test_seed_and_noise(name: str) -> None:
    """The same seed, the same examples; noise is N(0, 1) times its size, on the same ones."""
    clean, noisy, more = (draw_dataset(name, noise=x, seed=9).inputs for x in (0.0, 0.1, 0.2))
    again, other = (draw_dataset(name, noise=0.1, seed=seed).inputs for seed in (9, 10))
    np.testing.assert_array_equal(noisy, again)
    assert not np.array_equal(noisy, other)
    np.testing.assert_allclose(more - clean, 2 * (noisy - clean), atol=1e-12)
    noise = (noisy - clean) / 0.1
    # 1024 numbers at least: 4.9 standard errors of a mean and of a variance, 1 in 10^6 outside.
    assert abs(noise.mean()) < 4.9 / math.sqrt(noise.size)
    assert abs(noise.var() - 1) < 4.9 * math.sqrt(2 / noise.size)


@pytest.mark.parametrize("name", PLANE)
def test_classes_are_equally_many(name: str) -> None:
    assert np.bincount(draw_dataset(name, points=320).targets).tolist() == [160, 160]


def clean(name: str) -> tuple[Any, Any, Any]:
    data = draw_dataset(name, points=512, noise=0.0)
    return data.inputs[:, 0], data.inputs[:, 1], data.targets


def test_xor_by_its_definition() -> None:
    x, y, classes = clean("xor")
    assert ((x > 0) ^ (y > 0)).astype(int).tolist() == classes.tolist()


def test_rings_part_at_a_radius() -> None:
    x, y, classes = clean("rings")
    radius = np.hypot(x, y)
    assert radius[classes == 0].max() < 0.72 * radius[classes == 1].min()  # 0.5 and 0.7


def test_spirals_are_one_arm_and_its_mirror_image() -> None:
    x, y, classes = clean("spirals")
    radius, angle = np.hypot(x, y), np.arctan2(x, y)
    full = math.sqrt(np.square([x, y]).mean() * 3 * 2)  # mean square of the radius is 1 / 3
    turned = np.exp(1j * (angle - classes * np.pi - 3.5 * np.pi * radius / full * 1.0))
    # The scale is of the sample: its radius is known to some 2 %, 0.2 of angle at the rim.
    assert np.abs(np.angle(turned)).max() < 0.5


def test_checkerboard_has_sixteen_squares() -> None:
    x, y, classes = clean("checkerboard")
    half = max(abs(x).max(), abs(y).max()) * 1.0001 / 2
    square = np.floor(x / half) + np.floor(y / half)
    assert (square % 2).astype(int).tolist() == classes.tolist()


def test_digits_are_those_of_the_repository() -> None:
    """Counts of the test set as UCI's optdigits.names has them; sha256 of scikit-learn's copy."""
    images, classes = load_digits()
    assert np.bincount(classes).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    content = images.tobytes() + classes.astype(np.uint8).tobytes()
    digest = "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"
    assert hashlib.sha256(content).hexdigest() == digest
    assert (images.shape, images.min(), images.max()) == ((1797, 64), 0, 16)


def test_digits_are_each_taken_once() -> None:
    data = draw_dataset("digits", points=1797, noise=0.0)
    assert len(np.unique(data.inputs, axis=0)) == len(np.unique(load_digits()[0], axis=0))
    assert abs(data.inputs.mean()) < 1e-12


def test_a_permutation_has_every_number_once_and_every_place_is_as_likely() -> None:
    assert sorted(permutation(Stream(1), 1000)) == list(range(1000))
    places = np.array([permutation(Stream(seed), 5) for seed in range(2000)])
    for number in range(5):
        counts = np.count_nonzero(places == number, axis=0)
        assert abs(counts - 400).max() < 4.9 * math.sqrt(2000 * 0.2 * 0.8)
    large = permutation(Stream(1), 300_000)  # more than a block
    assert len(np.unique(large)) == 300_000


def test_uniforms_are_uniform() -> None:
    drawn = np.sort(uniforms(Stream(4), 10_000))
    distance = abs(drawn - (np.arange(10_000) + 0.5) / 10_000).max()
    assert distance < 2.69 / 100  # Kolmogorov-Smirnov: 1 in 10^6 outside
    assert 0 < drawn[0] < drawn[-1] < 1


def test_values_and_classes_are_told_apart() -> None:
    inputs = np.ones((3, 2))
    assert Dataset(inputs, [0, 2, 1]).outputs == 3
    assert Dataset(inputs, [0, 2, 1], classes=5).outputs == 5
    assert Dataset(inputs, [0, 0, 0]).outputs == 2
    values = Dataset(inputs, [0.5, 1.0, 2.0])
    assert (values.task, values.outputs, values.wanted.shape) == ("values", 1, (3, 1))
    assert Dataset(inputs, np.ones((3, 4), int)).task == "values"


def test_what_is_wanted_of_a_class() -> None:
    assert Dataset(np.ones((2, 1)), [2, 0]).wanted.tolist() == [[0, 0, 1], [1, 0, 0]]


def test_a_dataset_cannot_be_changed() -> None:
    inputs = np.ones((2, 1))
    data = Dataset(inputs, [0, 1])
    inputs[0] = 7
    assert data.inputs[0] == 1
    with pytest.raises(ValueError, match="read-only"):
        data.inputs[0] = 7


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: draw_dataset("spiral"), "name must be one of 'spirals'.*Did you mean 'spirals'"),
        (lambda: draw_dataset(points=7), r"points must be an integer in \[8, 1e\+06\]; got 7"),
        (lambda: draw_dataset("digits", points=1798), "points must be at most 1797 of 'digits'"),
        (lambda: draw_dataset(noise=-0.1), r"noise must be in \[0, 100\]; got -0.1"),
        (lambda: draw_dataset(seed=-1), "seed must be an integer"),
        (lambda: Dataset([1.0, 2.0], [0, 1]), r"inputs must have shape \(examples, features\)"),
        (lambda: Dataset([[1.0]], [0]), r"at least \(2, 1\); got \(1, 1\)"),
        (lambda: Dataset([["a"], ["b"]], [0, 1]), "inputs must be an array of finite numbers"),
        (lambda: Dataset([[1.0], [np.nan]], [0, 1]), "inputs must be an array of finite numbers"),
        (lambda: Dataset([[1.0], [2.0, 3.0]], [0, 1]), "inputs must be an array of finite numbers"),
        (lambda: Dataset([[1.0], [2.0]], [0, 1, 1]), r"targets must have shape \(2,\) or \(2, out"),
        (lambda: Dataset([[1.0], [2.0]], [True, False]), "targets must be an array of finite"),
        (lambda: Dataset([[1.0], [2.0]], [0, -1]), r"classes in \[0, 10000\); got -1. For values"),
        (lambda: Dataset([[1.0], [2.0]], [0, 10**6]), r"classes in \[0, 10000\); got 1000000"),
        (lambda: Dataset([[1.0], [2.0]], [0, 3], 2), r"classes must be an integer in \[4, 10000\]"),
        (lambda: Dataset([[1.0], [2.0]], [0.0, 3.0], 2), "classes must be None where targets are"),
    ],
)
def test_errors(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
