"""Results as tables: what a chart shows, for reading and for CSV."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from dashboard.axes import CONVENTION_NAMES, default_name
from dashboard.frames.tables import Frame, stacked, table
from dashboard.guide.example import SCALES, Worked
from dashboard.outcomes import QUANTITIES, Outcome, difference
from dashboard.phases import Cobweb, Landscape
from dashboard.surveys import POINTS, Survey
from dashboard.tracks import Track, forward_track, gradient_track
from vscore.activations import ACTIVATIONS
from vscore.distributions import Density
from vscore.effects import layer_table
from vscore.meanfield import Prediction, gains
from vscore.propagation import ActivationHistograms, Propagation
from vscore.sampling import WeightSample
from vscore.training import TrainingRun
from vscore.verdicts import unit_of

_GAINS = (
    "mean",
    "second_moment",
    "derivative_second_moment",
    "rms_gain",
    "std_gain",
    "backward_gain",
    "forward_scale",
    "backward_scale",
    "torch_gain",
)
"""Of `Gains`, in a table's order."""


def weights_frame(sample: WeightSample, redraws: Sequence[WeightSample] = ()) -> Frame:
    """A row a bar: its ends, the weights in it, the density drawn and the exact mean density.

    Each redraw adds the density that it drew.
    """
    exact = np.full(len(sample.counts), np.nan)
    if sample.density.std > 0:
        exact = np.diff(sample.density.cdf(sample.edges)) / np.diff(sample.edges)
    return table(
        {
            "from": sample.edges[:-1],
            "to": sample.edges[1:],
            "weights": sample.counts,
            "density drawn": sample.heights,
            "density exact": exact,
            **{f"redraw {n}, density": drawn.heights for n, drawn in enumerate(redraws, 1)},
        }
    )


def signal_frame(
    measured: Propagation,
    predicted: Prediction | None,
    statistic: str = "q",
    redraws: Sequence[Propagation] = (),
) -> Frame:
    """A row a layer, from 1: over networks the mean, lowest and highest; theory; 95 % bands.

    Magnitudes are log10, so that nothing overflows. What is followed forward comes first, then
    the gradient, then the other statistics, means over networks. Redraws, the mean over the
    networks of each, stand with the quantity that they are of.
    """
    columns = _layers(measured)
    columns |= _track_columns(forward_track(measured, predicted, statistic, redraws))
    columns |= _track_columns(gradient_track(measured, predicted, redraws))
    for name in ("correlation", "activation_mean", "saturated", "dead"):
        if name != statistic:
            columns[name.replace("_", " ")] = getattr(measured, name).mean(axis=0)
    return table(columns)


def differences_frame(outcomes: Sequence[Outcome]) -> Frame:
    """A row a quantity: each setting's number, and by how much B to D exceed A; nan if none."""
    first, *others = outcomes
    values = {o.letter: [quantity.value(o) for quantity in QUANTITIES] for o in outcomes}
    columns: dict[str, object] = {"quantity": [quantity.name for quantity in QUANTITIES], **values}
    for other in others:
        pairs = zip(values[other.letter], values[first.letter], strict=True)
        columns[f"{other.letter} − {first.letter}"] = [difference(*pair) for pair in pairs]
    return table(columns)


def compared_weights_frame(outcomes: Sequence[Outcome]) -> Frame:
    """`weights_frame` of every setting, one below the other."""
    return _by_setting(outcomes, [weights_frame(outcome.sample) for outcome in outcomes])


def compared_signal_frame(outcomes: Sequence[Outcome], statistic: str = "q") -> Frame:
    """`signal_frame` of every setting, one below the other."""
    frames = [signal_frame(o.measured, o.predicted, statistic) for o in outcomes]
    return _by_setting(outcomes, frames)


def training_frame(runs: Mapping[str, TrainingRun]) -> Frame:
    """A row a setting, a network and an epoch; losses and norms as they are, inf past float32."""
    return stacked(
        [
            _run_frame(letter, run, network)
            for letter, run in runs.items()
            for network in range(len(run.weights))
        ]
    )


def _run_frame(letter: str, run: TrainingRun, network: int) -> Frame:
    layers = range(run.network.depth)
    columns: dict[str, object] = {
        "setting": letter,
        "network": network + 1,
        "epoch": list(run.recorded),
        "loss": run.loss[network],
    }
    for name, found in (
        ("right", run.accuracy),
        ("loss held out", run.validation_loss),
        ("right held out", run.validation_accuracy),
    ):
        if found is not None:
            columns[name] = found[network]
    for layer in layers:
        columns[f"gradient norm, layer {layer + 1}"] = run.gradient_norm[network, :, layer]
    for layer in layers:
        columns[f"variance, layer {layer + 1}"] = run.activation_variance[network, :, layer]
    return table(columns)


def gains_frame() -> Frame:
    """A row an activation: its Gaussian moments, gains and scales; nan where PyTorch has none."""
    found = [gains(activation) for activation in ACTIVATIONS.values()]
    columns: dict[str, object] = {"activation": [each.label for each in ACTIVATIONS.values()]}
    for name in _GAINS:
        columns[name.replace("_", " ")] = [getattr(each, name) for each in found]
    return table(columns).astype({"torch gain": np.float64})


def layers_frame() -> Frame:
    """A row a kernel of each layer and a framework: its fans, default and what comes of it.

    Variances are exact expectations for N(0, 1) inputs, or N(0, 1) numbers at the outputs; nan
    for the gradient of a look-up.
    """
    rows = layer_table()
    return table(
        {
            "layer": [row.layer.kind for row in rows],
            "kernel": [row.kernel.name for row in rows],
            "framework": [CONVENTION_NAMES[row.convention] for row in rows],
            "shape": [" × ".join(map(str, row.shape)) for row in rows],
            "fan_in": [float(row.fans.fan_in) for row in rows],
            "fan_out": [float(row.fans.fan_out) for row in rows],
            "effective fan_in": [float(row.effective.fan_in) for row in rows],
            "effective fan_out": [float(row.effective.fan_out) for row in rows],
            "default": [default_name(row.layer, row.kernel, row.convention) for row in rows],
            "std": [row.std for row in rows],
            "output variance": [row.output_variance for row in rows],
            "gradient variance": [row.gradient_variance for row in rows],
        }
    )


def phase_frame(found: Landscape) -> Frame:
    """A row a cell of the phase map: both variances, and what theory says; inf without a limit."""
    phases = found.phases
    weights, biases = np.meshgrid(phases.sigma_w2, phases.sigma_b2, indexing="ij")
    return table(
        {
            "sigma_w2": weights.ravel(),
            "sigma_b2": biases.ravel(),
            "chi_1": phases.chi_1.ravel(),
            "xi": phases.xi_c.ravel(),
            "q*": phases.q_star.ravel(),
            "c*": phases.c_star.ravel(),
        }
    )


def survey_frame(survey: Survey) -> Frame:
    """A row a simulated point: log10 of the gradient's factor and of q, measured and predicted.

    Insides are 1 in theory's 95 % band, 0 outside of it, nan where no band would hold.
    """
    known = survey.known
    places = np.array(POINTS)[known]
    columns: dict[str, object] = {"sigma_w2": places[:, 0], "sigma_b2": places[:, 1]}
    for name, values in (
        ("log10 gradient factor a layer, measured", survey.log10_chi),
        ("log10 gradient factor a layer, predicted", survey.log10_chi_predicted),
        ("gradient in its band", survey.chi_inside),
        ("log10 q at the last layer, measured", survey.log10_q),
        ("log10 q at the last layer, predicted", survey.log10_q_predicted),
        ("q in its band", survey.q_inside),
        ("correlation at the last layer, measured", survey.correlation),
    ):
        columns[name] = values[known]
    return table(columns)


def cobweb_frame(web: Cobweb, what: str) -> Frame:
    """A row a place of one layer's map: before and after it."""
    return table({f"{what} in a layer": web.before, f"{what} in the next": web.after})


def laws_frame(laws: Mapping[str, Density]) -> Frame:
    """A row a weight, from -3.2 to 3.2: each law's density."""
    weights = np.linspace(-3.2, 3.2, 129)
    columns: dict[str, object] = {"weight": weights}
    columns |= {law.distribution.label: law.pdf(weights) for law in laws.values()}
    return table(columns)


def shares_by_class_frame(worked: Worked) -> Frame:
    """A row a class of the worked example: before the softmax, and behind it."""
    return table(
        {
            "class": np.arange(1, len(worked.logits) + 1),
            "logit": worked.logits,
            "share": worked.shares,
        }
    )


def entropy_frame(worked: Worked) -> Frame:
    """A row a scale that the slider offers: the entropy there, in nats."""
    return table({"scale": SCALES, "entropy": [worked.entropy_at(scale) for scale in SCALES]})


def _by_setting(outcomes: Sequence[Outcome], frames: Sequence[Frame]) -> Frame:
    for outcome, frame in zip(outcomes, frames, strict=True):
        frame.insert(0, "setting", outcome.letter)
    return stacked(frames)


def ridge_frame(histograms: ActivationHistograms, layers: Sequence[int] | None = None) -> Frame:
    """A row a bar: its ends, in root mean squares, and the share of each layer's activations.

    Parameters
    ----------
    histograms : ActivationHistograms
    layers : sequence of int, optional
        Which ones, from 0; all if not given.
    """
    shown = range(len(histograms.shares)) if layers is None else layers
    unit = unit_of(histograms.network)
    columns: dict[str, object] = {"from": histograms.edges[:-1], "to": histograms.edges[1:]}
    columns |= {f"share, {unit} {layer + 1}": histograms.shares[layer] for layer in shown}
    return table(columns)


def shares_frame(measured: Propagation, predicted: Prediction | None) -> Frame:
    """A row a layer, from 1: correlation, saturated and dead, over networks and in theory."""
    columns = _layers(measured)
    for name in ("correlation", "saturated", "dead"):
        track = replace(forward_track(measured, predicted, name), title=name)
        columns |= _track_columns(track)
    return table(columns)


def _layers(measured: Propagation) -> dict[str, object]:
    return {unit_of(measured.network): np.arange(1, measured.network.depth + 1)}


def _track_columns(track: Track) -> dict[str, object]:
    name = f"log10 {track.title}" if track.logarithmic else track.title
    columns: dict[str, object] = {
        f"{name}, mean": track.centre,
        f"{name}, lowest": track.measured.min(axis=0),
        f"{name}, highest": track.measured.max(axis=0),
    }
    if track.theory is not None:
        columns[f"{name}, theory"] = track.theory
    for what, band in (("band", track.band), ("mean's band", track.mean_band)):
        if band is not None:
            columns[f"{name}, {what} low"], columns[f"{name}, {what} high"] = band
    columns |= {f"{name}, redraw {n}": values for n, (_, values) in enumerate(track.redraws, 1)}
    return columns
