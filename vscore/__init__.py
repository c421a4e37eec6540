"""What weight initialization does to a neural network: drawn, measured and predicted.

    >>> import vscore
    >>> vscore.VarianceScaling(2.0, "fan_in", "truncated_normal", seed=1)((784, 256)).shape
    (784, 256)

Everything here is a pure function over frozen specs; nothing knows of any web page.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from vscore._version import __version__ as __version__
from vscore.activations import ACTIVATIONS, Activation
from vscore.audit import AuditError, AuditReport, TensorAudit, audit
from vscore.distributions import DISTRIBUTIONS, Density, Distribution
from vscore.fans import Fans, compute_fans, fans
from vscore.fitting import Fit
from vscore.formulas import FormulaError
from vscore.initializers import (
    CUSTOM_OBJECTS,
    INITIALIZERS,
    Constant,
    Initializer,
    Orthogonal,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    Zeros,
)
from vscore.layers import (
    GRU,
    LAYERS,
    LSTM,
    Conv1D,
    Conv2D,
    Conv2DTranspose,
    Conv3D,
    Dense,
    DepthwiseConv2D,
    Embedding,
    Kernel,
    MultiHeadAttention,
    RawKernel,
    SeparableConv2D,
    SimpleRNN,
)
from vscore.meanfield import (
    Gains,
    PhaseMap,
    Prediction,
    c_map,
    chi_1,
    critical_line,
    critical_sigma_b2,
    critical_sigma_w2,
    depth_scale,
    fixed_point,
    gains,
    phase_map,
    predict,
    q_map,
)
from vscore.networks import Network, convnet, mlp, recurrent
from vscore.parameters import PARAMETERS, Parameter
from vscore.propagation import Propagation, simulate
from vscore.sampling import WeightSample, sample

if TYPE_CHECKING:
    from vscore.export import EXPORTERS, export_code
    from vscore.sweeps import MEASURES, Axis, Experiment, Sweep, SweepError, sweep
    from vscore.training import TrainingRun, train

__all__ = [
    "ACTIVATIONS",
    "CUSTOM_OBJECTS",
    "DISTRIBUTIONS",
    "EXPORTERS",
    "GRU",
    "INITIALIZERS",
    "LAYERS",
    "LSTM",
    "MEASURES",
    "PARAMETERS",
    "Activation",
    "AuditError",
    "AuditReport",
    "Axis",
    "Constant",
    "Conv1D",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Dense",
    "Density",
    "DepthwiseConv2D",
    "Distribution",
    "Embedding",
    "Experiment",
    "Fans",
    "Fit",
    "FormulaError",
    "Gains",
    "Initializer",
    "Kernel",
    "MultiHeadAttention",
    "Network",
    "Orthogonal",
    "Parameter",
    "PhaseMap",
    "Prediction",
    "Propagation",
    "RandomNormal",
    "RandomUniform",
    "RawKernel",
    "SeparableConv2D",
    "SimpleRNN",
    "Sweep",
    "SweepError",
    "TensorAudit",
    "TrainingRun",
    "TruncatedNormal",
    "VarianceScaling",
    "WeightSample",
    "Zeros",
    "audit",
    "c_map",
    "chi_1",
    "compute_fans",
    "convnet",
    "critical_line",
    "critical_sigma_b2",
    "critical_sigma_w2",
    "depth_scale",
    "export_code",
    "fans",
    "fixed_point",
    "gains",
    "mlp",
    "phase_map",
    "predict",
    "q_map",
    "recurrent",
    "sample",
    "simulate",
    "sweep",
    "train",
]


_LATER = {
    **dict.fromkeys(("EXPORTERS", "export_code"), "vscore.export"),
    **dict.fromkeys(("TrainingRun", "train"), "vscore.training"),
    **dict.fromkeys(
        ("MEASURES", "Axis", "Experiment", "Sweep", "SweepError", "sweep"), "vscore.sweeps"
    ),
}
"""What is loaded when it is first asked for, so that `import vscore` stays fast."""


def __getattr__(name: str) -> object:
    """Load what exports, trains or sweeps when it is first asked for."""
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
