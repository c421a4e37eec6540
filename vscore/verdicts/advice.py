"""What to choose instead, as far as theory knows it."""

from dataclasses import dataclass, replace

from vscore._recommendation import SCALES, Recommendation, recommended_scale
from vscore.initializers import INITIALIZERS, Initializer, VarianceScaling
from vscore.meanfield import predict
from vscore.networks import ConvolutionalNetwork, Network, RecurrentNetwork
from vscore.verdicts.flow import change_of, kind_of, log10_norm
from vscore.verdicts.over_time import advice_over_time


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An initializer that theory says keeps both sizes in the same network.

    Attributes
    ----------
    initializer : VarianceScaling
        In mode "fan_in", so that it fits layers of any widths.
    name : str
        Its key in `INITIALIZERS`; empty where it has none.
    log10_forward, log10_backward : float
        log10 of the changes over all layers that theory then predicts, as in `Flow`.
    """

    initializer: VarianceScaling
    name: str
    log10_forward: float
    log10_backward: float

    @property
    def largest(self) -> float:
        """The larger of the two changes, without its sign."""
        return max(abs(self.log10_forward), abs(self.log10_backward))


def suggest(network: Network) -> tuple[Suggestion | None, str]:
    """The initializer that keeps this network's q and gradient, and one sentence on it.

    Returns
    -------
    suggestion : Suggestion or None
        None where no scale from 0.1 to 20 keeps both stable.
    reason : str

    Notes
    -----
    The first of these that theory finds stable over the network's depth:

    1. scale = 1 / E[phi(z)^2], He's rule for any activation: he_normal for ReLU, lecun_normal for
       linear and SELU.
    2. The edge of chaos, chi_1 = 1, where it is stable (Schoenholz et al. 2017). For tanh it is
       scale 1, at which q still decays as 1 / (2 l).
    3. The scale at which the larger of the two changes is smallest: for a finite depth it lies
       between the two, as tanh's 1.6 at 50 layers.
    4. Where zeros around an image take more than these leave, the scale that makes up for it.

    Over time no scale is suggested: one recurrent kernel acts at every step, and gated cells have
    no closed theory here. The reason then names what helps: the recurrent kernel's gain, or biases.
    """
    if isinstance(network, RecurrentNetwork):
        return None, advice_over_time(network)
    best = recommended_scale(network.activation, network.depth, network.bias_variance)
    found = _with_scale(network, best.scale)
    if _is_stable(found, network):
        return found, best.reason
    if isinstance(network, ConvolutionalNetwork) and network.border_share < 1:
        bulk = _with_scale(replace(network, padding="circular"), best.scale)
        if _is_stable(bulk, network):
            return _at_the_border(network, found)
        found = bulk
    return None, _no_scale(network, best, found)


def name_of(initializer: Initializer) -> str:
    """The first key of `INITIALIZERS` that means this initializer, whatever its seed; or ""."""
    config = {**initializer.get_config(), "seed": None}
    for name, known in INITIALIZERS.items():
        if known.kind == initializer.kind and {**known.get_config(), "seed": None} == config:
            return name
    return ""


def _with_scale(network: Network, scale: float) -> Suggestion:
    """What theory predicts of the same network at another scale."""
    initializer = VarianceScaling(scale)
    theory = predict(replace(network, initializer=initializer))  # type: ignore[type-var]  # a dataclass
    forward = change_of(theory.log10_q)
    backward = change_of(log10_norm(theory.log10_gradient, network))
    return Suggestion(initializer, name_of(initializer), forward, backward)


def _is_stable(found: Suggestion, network: Network) -> bool:
    return kind_of(found.largest, network.depth - 1) == "stable"


def _at_the_border(
    network: ConvolutionalNetwork, circular: Suggestion
) -> tuple[Suggestion | None, str]:
    """The scale of a circular image, raised until both changes are balanced around none.

    For activations of two slopes one correction is exact; others take a few.
    """
    image = " x ".join(map(str, network.image_size))
    found = circular
    for _ in range(8):
        excess = (found.log10_forward + found.log10_backward) / 2 / (network.depth - 1)
        scale = float(f"{found.initializer.scale * 10**-excess:.5g}")
        if not SCALES[0] <= scale <= SCALES[1]:
            break
        found = _with_scale(network, scale)
        if _is_stable(found, network):
            return found, (
                f"Zeros around the image take their share of every layer: at {image} positions and "
                f"{network.depth} layers scale {scale:g} makes up for it, where a circular image "
                f"needs {circular.initializer.scale:g}."
            )
    return None, (
        f"The zeros around {image} positions take too much of every layer: theory changes q by "
        f"10^{circular.log10_forward:.1f} at the best scale of a circular image. Use a larger "
        "image, fewer layers, padding that is not zeros, or normalization."
    )


def _no_scale(network: Network, best: Recommendation, found: Suggestion) -> str:
    forward, backward = found.log10_forward, found.log10_backward
    return (
        f"No scale from {SCALES[0]:g} to {SCALES[1]:g} keeps both the signal and the gradient of "
        f"{network.activation.label} stable over {network.depth} layers: the best, {best.scale:g}, "
        f"changes their second moments by 10^{forward:.1f} and 10^{backward:.1f}. Use fewer "
        "layers, normalization, skip connections or another activation."
    )
