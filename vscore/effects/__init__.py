"""What a layer's initializer does: the layer applied to unit-variance input, and measured."""

from vscore.effects.causes import FRAMEWORK_NAMES, Cause, causes
from vscore.effects.counts import restoring_scale, written_fans
from vscore.effects.effect import INPUTS, KernelEffect, LayerEffect, layer_effect
from vscore.effects.geometry import Geometry, geometry
from vscore.effects.maps import apply, gradient
from vscore.effects.measure import Measured
from vscore.effects.table import CONVENTIONS, LayerDefault, layer_default, layer_table

__all__ = [
    "CONVENTIONS",
    "FRAMEWORK_NAMES",
    "INPUTS",
    "Cause",
    "Geometry",
    "KernelEffect",
    "LayerDefault",
    "LayerEffect",
    "Measured",
    "apply",
    "causes",
    "geometry",
    "gradient",
    "layer_default",
    "layer_effect",
    "layer_table",
    "restoring_scale",
    "written_fans",
]
