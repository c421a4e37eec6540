"""What helps a recurrent layer over many time steps.

One recurrent kernel acts at every step, so what counts is the gain of a step. A SimpleRNN's theory
gives it. A gated cell passes its memory on through one gate: what a step keeps of it, beside the
new candidate, is sigmoid of that gate's bias as long as the gate's other inputs average to 0.
"""

import math
from dataclasses import replace

from vscore.initializers import Orthogonal
from vscore.meanfield import predict
from vscore.networks import RecurrentNetwork
from vscore.verdicts.flow import change_of, kind_of

GAINS = (0.5, 4.0)
"""Where an orthogonal recurrent kernel's gain is looked for."""

_ELSE = "Fewer steps or a gated cell (LSTM, GRU) help."


def advice_over_time(network: RecurrentNetwork) -> str:
    """One or two sentences: what to change, with its numbers, or why nothing is suggested."""
    match network.cell:
        case "simple_rnn":
            return _of_simple_rnn(network)
        case "lstm":
            return _of_gate(network, "forget", _forget_bias(network))
        case _:
            return _of_gate(network, "update", 0.0)


def orthogonal_gain(network: RecurrentNetwork) -> float | None:
    """The gain at which a SimpleRNN's gradient arrives at the first step as large as it started.

    None where no gain in `GAINS` keeps both q and the gradient stable. The gradient grows with
    the gain: of saturated tanh a step keeps gain^2 E[phi'^2], and E[phi'^2] falls as 1 / gain only.
    """
    low, high = GAINS
    for _ in range(20):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if _changes(network, middle)[1] < 0 else (low, middle)
    gain = float(f"{math.sqrt(low * high):.4g}")
    largest = max(map(abs, _changes(network, gain)))
    return gain if kind_of(largest, network.depth - 1) == "stable" else None


def _changes(network: RecurrentNetwork, gain: float) -> tuple[float, float]:
    """log10 of what all steps do to q and to the gradient, in theory."""
    theory = predict(replace(network, recurrent_initializer=Orthogonal(gain)))
    return change_of(theory.log10_q), change_of(theory.log10_gradient[::-1])


def _of_simple_rnn(network: RecurrentNetwork) -> str:
    try:
        gain = orthogonal_gain(network)
    except ValueError:  # a kernel of a mean other than 0 has no theory
        return f"One recurrent kernel acts at every step. {_ELSE}"
    if gain is None:
        return (
            f"No orthogonal recurrent kernel of a gain from {GAINS[0]:g} to {GAINS[1]:g} keeps "
            f"both the signal and the gradient over {network.steps} steps: the inputs' kernel "
            f"decides on how far tanh saturates. {_ELSE}"
        )
    forward, backward = _changes(network, gain)
    return (
        f"An orthogonal recurrent kernel of gain {gain:g} makes up for tanh's slope at these "
        f"inputs: over {network.steps} steps theory then multiplies q by {10**forward:.3g} and "
        f"the gradient's second moment by {10**backward:.3g}. {_ELSE}"
    )


def _forget_bias(network: RecurrentNetwork) -> float:
    return 1.0 if network.unit_forget_bias else 0.0


def _of_gate(network: RecurrentNetwork, gate: str, bias: float) -> str:
    kept = 1 / (1 + math.exp(-bias))
    over_all = kept ** min(network.steps, 1000)
    text = (
        f"{network.layer.kind}'s memory passes through its {gate} gate: at a bias of {bias:g} a "
        f"step keeps about {kept:.2g} of it, {network.steps} steps about {over_all:.1g}."
    )
    if network.cell == "lstm" and bias == 0:
        text += " Keras' unit_forget_bias=True starts at a bias of 1, which keeps 0.73 a step."
    if network.steps > 2:
        text += (
            f" A bias of log(steps - 1) = {math.log(network.steps - 1):.3g} keeps a memory over "
            "them (Tallec and Ollivier 2018)."
        )
    if not isinstance(network.recurrent_initializer, Orthogonal):
        text += " An orthogonal recurrent kernel, Keras' default, keeps the state's directions."
    return text
