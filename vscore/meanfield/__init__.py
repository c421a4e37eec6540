"""Mean-field theory of signal propagation: what an infinitely wide network does, exactly."""

from vscore.meanfield.by_depth import predict_depths
from vscore.meanfield.critical import (
    CriticalLine,
    CriticalPoint,
    critical_line,
    critical_sigma_b2,
    critical_sigma_w2,
)
from vscore.meanfield.fixed_points import (
    CorrelationFixedPoint,
    FixedPoint,
    c_fixed_point,
    fixed_point,
)
from vscore.meanfield.gains import Gains, gains
from vscore.meanfield.maps import c_map, chi_1, depth_scale, q_map
from vscore.meanfield.phase_map import PhaseMap, phase_map
from vscore.meanfield.prediction import Prediction, predict

__all__ = [
    "CorrelationFixedPoint",
    "CriticalLine",
    "CriticalPoint",
    "FixedPoint",
    "Gains",
    "PhaseMap",
    "Prediction",
    "c_fixed_point",
    "c_map",
    "chi_1",
    "critical_line",
    "critical_sigma_b2",
    "critical_sigma_w2",
    "depth_scale",
    "fixed_point",
    "gains",
    "phase_map",
    "predict",
    "predict_depths",
    "q_map",
]
