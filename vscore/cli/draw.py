"""`vscore draw`: one kernel's weights against their exact law."""

import argparse
import math
from pathlib import Path

import numpy as np

from vscore._streams import Stream, blocks
from vscore._typing import Shape
from vscore._workers import Monitor, map_in_order
from vscore.cli.histogram import bars, chart
from vscore.cli.options import (
    Commands,
    add_initializer,
    add_layer,
    add_run,
    initializer_of,
    layer_of,
    number,
)
from vscore.cli.output import (
    described,
    dimensions,
    grouped,
    pairs,
    plain,
    unicode_terminal,
    write_csv,
)
from vscore.cli.progress import ProgressBar
from vscore.distributions import DISTRIBUTIONS, Weights
from vscore.fitting import FEWEST, weights_to_tell
from vscore.initializers import Initializer, VarianceScaling, fill_block, for_kernel, size_of
from vscore.layers import Dense, Kernel, Layer
from vscore.parameters import PARAMETERS, check_choice
from vscore.sampling import WeightSample, sample

DOUBT = 0.001
"""A right sampler is called inconsistent once in so many draws."""


def add_parser(commands: Commands) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "draw",
        help="draw a kernel's weights and compare them with their exact law",
        description="Draw a kernel's weights and compare them with their exact law.",
        allow_abbrev=False,
    )
    add_layer(parser, "Dense")
    parser.add_argument(
        "--kernel", metavar="NAME", help="Which of the layer's. Default: the first."
    )
    add_initializer(parser, "what Keras uses for the kernel")
    group = add_run(parser, "Write the histogram.")
    group.add_argument(
        "--bins", type=number, default=40, metavar="N", help="Bars, 2 to 4096. Default: 40."
    )
    group.add_argument("--npy", metavar="FILE", help="Write the weights, float32, block by block.")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Draw, write what is asked for, print."""
    layer = layer_of(options) or Dense()
    kernel = _kernel(layer, options.kernel)
    initializer = for_kernel(initializer_of(options, kernel.default_initializer), kernel)
    seed = PARAMETERS["seed"].check_int(options.seed)
    if "seed" in initializer.get_config():
        initializer = initializer.with_seed(seed)
    with ProgressBar("drawing", options.quiet) as bar:
        drawn = sample(
            initializer, kernel.shape, bins=options.bins, threads=options.threads, check=bar.tick
        )
    if options.csv is not None:
        _write_histogram(options.csv, drawn)
    if options.npy is not None:
        with ProgressBar(f"writing {options.npy}", options.quiet) as bar:
            write_npy(options.npy, initializer, kernel.shape, options.threads, bar)
    print(pairs(_facts(layer, kernel, drawn)))
    print(f"\n{chart(drawn, unicode_terminal())}")


def write_npy(
    path: str, initializer: Initializer, shape: Shape, threads: int | None, bar: ProgressBar
) -> None:
    """The array `initializer(shape)` as an .npy file; a few blocks are held at a time.

    Blocks are written rather than mapped: on a full disk a write fails with an error, while a
    store to a mapped page ends the process. A file left unfinished is removed.
    """
    parts = blocks(size_of(shape))
    stream = Stream(initializer.settled_seed())
    monitor = Monitor(progress=bar.step, total=len(parts))
    held = None if initializer.blockwise else initializer(shape).ravel()
    density = initializer.density(initializer.fans(shape))

    def block(index: int) -> Weights:
        part = parts[index]
        if held is not None:
            return held[part]
        weights = np.empty(part.stop - part.start, dtype=np.float32)
        fill_block(density, stream, index, weights)
        return weights

    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    with Path(path).open("wb") as file:
        try:
            np.lib.format.write_array_header_1_0(file, header)
            for weights in map_in_order(block, len(parts), threads, monitor):
                file.write(weights.astype("<f4", copy=False).data)
                monitor.tick()
        except BaseException:
            if Path(path).is_file():
                Path(path).unlink()
            raise


def _kernel(layer: Layer, name: str | None) -> Kernel:
    kernels = {kernel.name: kernel for kernel in layer.kernels}
    return kernels[check_choice("kernel", name or layer.kernels[0].name, kernels)]


def _write_histogram(path: str, drawn: WeightSample) -> None:
    edges, measured, exact = bars(drawn)
    write_csv(
        path,
        ("left", "right", "count", "density_measured", "density_exact"),
        zip(
            edges[:-1].tolist(),
            edges[1:].tolist(),
            drawn.counts.tolist(),
            measured.tolist(),
            exact.tolist(),
            strict=True,
        ),
    )


def _facts(layer: Layer, kernel: Kernel, drawn: WeightSample) -> list[tuple[str, str]]:
    """The table's lines."""
    others = [other.name for other in layer.kernels if other.name != kernel.name]
    low, high = drawn.density.support if drawn.density.std else (drawn.density.mean,) * 2
    return [
        ("layer", layer.kind),
        ("kernel", kernel.name + (f" (others: {', '.join(others)})" if others else "")),
        ("shape", f"{dimensions(drawn.shape)} ({grouped(drawn.count)} weights)"),
        ("initializer", described(drawn.initializer)),
        ("seed", str(drawn.seed)),
        ("fan_in", plain(drawn.fans.fan_in, 15)),
        ("fan_out", plain(drawn.fans.fan_out, 15)),
        ("n", _denominator(drawn)),
        ("target std", plain(drawn.density.std)),
        ("drawn std", _with_error(drawn)),
        ("drawn mean", plain(drawn.mean)),
        ("min, max", f"{plain(drawn.minimum)}, {plain(drawn.maximum)}"),
        ("limits", f"{plain(low)}, {plain(high)}"),
        *_tests(drawn),
    ]


def _denominator(drawn: WeightSample) -> str:
    initializer = drawn.initializer
    if not isinstance(initializer, VarianceScaling):
        return "-"
    return plain(max(1.0, drawn.fans.n(initializer.mode)))


def _with_error(drawn: WeightSample) -> str:
    if not drawn.initializer.independent:
        return plain(drawn.std)
    return f"{plain(drawn.std)} +- {plain(drawn.std_error, 2)}"


def _tests(drawn: WeightSample) -> list[tuple[str, str]]:
    if drawn.density.std == 0:
        return [("fit", "not tested: every weight is the same")]
    kurtosis = ("kurtosis", f"{plain(drawn.kurtosis, 5)} (law: {plain(drawn.density.kurtosis, 5)})")
    if not drawn.initializer.independent:
        return [kurtosis, ("fit", "not tested: entries of one matrix depend on each other")]
    if drawn.fit is None:
        return [kurtosis, ("fit", f"not tested: fewer than {FEWEST} weights")]
    fit = drawn.fit
    return [
        kurtosis,
        ("KS", f"distance {plain(fit.ks, 4)}, p = {plain(fit.ks_p, 3)}"),
        ("chi-square", f"{plain(fit.chi2, 4)} in {fit.chi2_bins} bins, p = {plain(fit.chi2_p, 3)}"),
        ("fit", _judged(drawn, fit.p)),
    ]


def _judged(drawn: WeightSample, p: float) -> str:
    law = drawn.density.distribution
    if math.isnan(p) or p < DOUBT:
        return f"not consistent with the law (p = {plain(p, 2)} for both tests)"
    nearest, needed = weights_to_tell(law.kind)
    if drawn.count >= needed:
        return f"consistent with the law (p = {plain(p, 2)} for both tests)"
    other = DISTRIBUTIONS[nearest].label.lower()
    return (
        "consistent with the law, but too few weights to tell "
        f"{law.label.lower()} from {other}: it takes about {grouped(needed)}"
    )
