"""Trainings of settings A to D in words: who gets there, how fast, and who never does."""

from collections.abc import Mapping

import numpy as np

from dashboard.training import BATCH, HELD_OUT, POINTS
from dashboard.words.numbers import count, figure, plural, power
from dashboard.words.plain import escaped
from vscore._typing import FloatArray
from vscore.training import TrainingRun

Runs = Mapping[str, TrainingRun]


def training_sentence() -> str:
    """Under the controls: what of a setting is trained, and that all meet the same."""
    held_out = round(HELD_OUT * POINTS)
    return (
        "Each setting lends its initializer, activation, bias variance and seed; layers and units "
        f"are those above. All learn from the same {POINTS - held_out} examples in the same "
        f"order, {BATCH} a step; {held_out} are held out."
    )


def headline(runs: Runs) -> str:
    """How many epochs each setting takes to the target."""
    first = next(iter(runs.values()))
    target = f"{first.target:.0%}".replace("%", " %")
    ways = [f"{letter} {_arrival(run)}" for letter, run in runs.items()]
    return f"{target} of the examples held out are right: {'; '.join(ways)}."


def _arrival(run: TrainingRun) -> str:
    """After 3 to 5 epochs; never in 40 epochs; after 7 epochs in 2 of 3 networks."""
    reached = [epoch for epoch in run.epochs_to_target if epoch is not None]
    if not reached:
        if (run.diverged_step >= 0).all():
            return "never: its loss left float32"
        so_far = "never" if run.finished else "not yet"
        return f"{so_far} in {plural(run.recorded[-1], 'epoch')}"
    low, high = min(reached), max(reached)
    after = plural(low, "epoch") if low == high else f"{low} to {plural(high, 'epoch')}"
    total = len(run.epochs_to_target)
    share = "" if len(reached) == total else f" in {len(reached)} of {total} networks"
    return f"after {after}{share}"


def results_table(runs: Runs, names: Mapping[str, str]) -> str:
    """A Markdown table: a row a setting.

    Parameters
    ----------
    runs : mapping of TrainingRun
    names : mapping of str
        Each setting's initializer and activation, in plain words.
    """
    head = (
        "| Letter | Setting | Epochs to the target, by network "
        "| Right, held out | Loss | Left float32 |\n"
        "|:--|:--|--:|--:|--:|--:|\n"
    )
    return head + "\n".join(
        f"| **{letter}** | {escaped(names[letter])} | {_epochs(run)} | {_right(run)} "
        f"| {_loss(run)} | {_diverged(run)} |"
        for letter, run in runs.items()
    )


def _epochs(run: TrainingRun) -> str:
    return ", ".join("–" if each is None else str(each) for each in run.epochs_to_target)


def _right(run: TrainingRun) -> str:
    assert run.validation_accuracy is not None, "the page trains on classes, and holds some out"
    return f"{run.validation_accuracy[:, -1].mean():.0%}".replace("%", " %")


def _loss(run: TrainingRun) -> str:
    return figure(float(run.loss[:, -1].mean()))


def _diverged(run: TrainingRun) -> str:
    gone = [int(step) for step in run.diverged_step if step >= 0]
    if not gone:
        return "no"
    return f"{len(gone)} of {len(run.diverged_step)}, at step {count(min(gone))}"


def progress_sentence(runs: Runs) -> str:
    """Under loss and accuracy: where each stands."""
    first = next(iter(runs.values()))
    stands = [f"{letter} {_right(run)} right, loss {_loss(run)}" for letter, run in runs.items()]
    networks = len(first.weights)
    return (
        f"After epoch {min(run.recorded[-1] for run in runs.values())}: {'; '.join(stands)}. "
        f"Lines are means over {networks} networks, bands go from the lowest to the highest."
    )


def pace_sentence(runs: Runs) -> str:
    """Under what changes as training goes: each setting at first and now."""
    norms = [f"{letter} {_change(run.gradient_norm[..., 0])}" for letter, run in runs.items()]
    first = next(iter(runs.values()))
    hidden = first.network.depth - 1
    variances = [
        f"{letter} {_change(run.activation_variance[..., hidden - 1])}"
        for letter, run in runs.items()
    ]
    return (
        f"From the start to epoch {min(run.recorded[-1] for run in runs.values())}: gradient norm "
        f"of layer 1, {'; '.join(norms)}. Activation variance of layer {hidden}, the last before "
        f"the answer, {'; '.join(variances)}."
    )


def _change(values: FloatArray) -> str:
    """From the first moment to the last, means over networks."""
    first, last = (figure(float(values[:, at].mean()), 2) for at in (0, -1))
    return f"{first} to {last}"


def layers_sentence(runs: Runs) -> str:
    """Under the layers: how far the gradient at the first layer was from that at the last."""
    ways = [f"{letter} {_ratio(run.gradient_norm[:, 0])}" for letter, run in runs.items()]
    return (
        "Before the first step the gradient norm of the first layer is that of the last one times: "
        f"{', '.join(ways)}. Faint: before the first step; full: now."
    )


def _ratio(norms: FloatArray) -> str:
    first, last = norms[:, 0].mean(), norms[:, -1].mean()
    if not (np.isfinite([first, last]).all() and first > 0 and last > 0):
        return "– (one of them is 0)" if np.isfinite([first, last]).all() else "–"
    return power(float(np.log10(first / last)))


def border_sentence(letter: str, run: TrainingRun) -> str:
    """Under the plane: what its colours are."""
    return (
        f"{letter} after epoch {run.recorded[-1]}: blue where its networks say ●, orange where "
        f"they say ○, grey where they do not know. Right of the examples held out: {_right(run)}."
    )
