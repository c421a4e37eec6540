"""Words about what a network does to signal and gradient."""

from dashboard.guide.term import Term

SIGNAL_TERMS = (
    Term(
        "network",
        "network",
        "Layers one behind another. Several are drawn with other weights, because one network "
        "alone is a matter of luck: the spread over them is the error bar.",
        see=("band", "depth"),
    ),
    Term("depth", "depth", "How many layers the signal passes.", "L", see=("width", "vanishing")),
    Term(
        "width",
        "width",
        "Units, or channels, of a layer. The wider, the closer a network is to theory.",
        "n",
        see=("units", "band"),
    ),
    Term(
        "taper",
        "last width",
        "Width of the last layer as a multiple of the first; layers between narrow or widen "
        "evenly. Where widths differ, fan_in and fan_out do too.",
        see=("width", "mode"),
    ),
    Term(
        "batch",
        "batch",
        "Inputs that are sent through each network together. More of them do not shrink the "
        "spread over networks.",
        "B",
        see=("network",),
    ),
    Term(
        "activation",
        "activation",
        "The function behind each unit's sum. Without it, layers would be one linear map. The word "
        "is also used for its value, h.",
        "φ, h",
        "h = φ(z)",
        ("preactivation", "rms_gain"),
    ),
    Term(
        "slope",
        "negative slope",
        "What leaky ReLU multiplies negative inputs by.",
        "a",
        "E[φ²] = (1 + a²) / 2",
        ("activation",),
        "He et al. 2015, eq. 15",
    ),
    Term(
        "preactivation",
        "pre-activation",
        "A unit's sum before the activation.",
        "z",
        "z = h W + b",
        ("activation", "q"),
    ),
    Term(
        "q",
        "q",
        "Mean square of the pre-activations of a layer. Where it keeps its size, the signal "
        "neither vanishes nor explodes.",
        "q",
        "q ← σ_w² E[φ(√q z)²] + σ_b², z ~ N(0, 1)",
        ("second_moment", "vanishing", "exploding"),
        "Poole et al. 2016, eq. 3",
    ),
    Term(
        "second_moment",
        "second moment",
        "The mean of the squares. It is the variance where the mean is 0, and larger elsewhere: "
        "ReLU halves it, but not the variance.",
        "E[h²]",
        "E[h²] = Var[h] + E[h]²",
        ("variance", "q"),
        "He et al. 2015, section 2.2",
    ),
    Term(
        "pooled",
        "pooled variance",
        "The variance over all units and all inputs at once.",
        see=("unit_variance", "second_moment"),
    ),
    Term(
        "unit_variance",
        "variance of one unit",
        "How much one unit's value changes from input to input. It falls where inputs become "
        "alike, even while the second moment stays.",
        see=("pooled", "correlation"),
    ),
    Term(
        "correlation",
        "correlation",
        "How alike a layer makes two inputs: 1 means that it can no longer tell them apart but by "
        "their length.",
        "c",
        see=("edge", "unit_variance"),
        source="Poole et al. 2016, eq. 5",
    ),
    Term(
        "saturated",
        "saturated unit",
        "A unit at the flat end of its activation, where almost no gradient passes.",
        see=("activation", "vanishing"),
    ),
    Term(
        "dead",
        "dead unit",
        "A unit that is 0 for every input of the batch, so that it gets no gradient.",
        see=("activation",),
    ),
    Term(
        "statistic",
        "statistic",
        "The number that is followed from layer to layer, such as q or the share of dead units.",
        see=("q", "second_moment", "correlation"),
    ),
    Term(
        "gradient",
        "gradient",
        "How much the loss changes with a number, here with each pre-activation. It runs backward "
        "from the last layer, and says how far training moves a weight.",
        "∂L/∂z",
        "backward, E[∂²] is multiplied by fan_out · Var[w] · E[φ'²] a layer",
        ("fan_out", "vanishing"),
        "He et al. 2015, eq. 14",
    ),
    Term(
        "vanishing",
        "vanishing",
        "Shrinking by a factor a layer, until nothing is left: what is multiplied by 0.5 in each "
        "of 20 layers ends a million times smaller.",
        see=("exploding", "overflow"),
    ),
    Term(
        "exploding",
        "exploding",
        "Growing by a factor a layer, until the numbers no longer fit their format.",
        see=("vanishing", "overflow"),
    ),
    Term(
        "overflow",
        "overflow",
        "A number too large for its format: float32 ends at 3.4·10³⁸, float16 at 65 504.",
        see=("exploding",),
    ),
    Term(
        "chi",
        "χ₁",
        "The factor by which a gradient's mean square changes in one layer of a wide network.",
        "χ₁",
        "χ₁ = σ_w² E[φ'(√q z)²]",
        ("edge", "gradient"),
        "Poole et al. 2016; Schoenholz et al. 2017",
    ),
    Term(
        "edge",
        "edge of chaos",
        "Where χ₁ is 1: gradients keep their size. Below it inputs become alike, above it close "
        "inputs move apart.",
        formula="χ₁ = 1",
        see=("chi", "correlation"),
        source="Schoenholz et al. 2017, section 3",
    ),
    Term(
        "phase",
        "phase",
        "What becomes of two inputs in a deep network: in the ordered phase they become alike, in "
        "the chaotic one they move apart.",
        see=("edge", "chi"),
        source="Poole et al. 2016",
    ),
    Term(
        "weight_variance",
        "σ_w²",
        "The variance of a weight times the inputs that a unit sums.",
        "σ_w²",
        "σ_w² = fan_in · Var[w]",
        ("variance", "fan_in", "scale"),
    ),
    Term(
        "fixed_point",
        "fixed point",
        "A value that a layer leaves as it is, of the mean square q or of the correlation c of two "
        "inputs. Layer by layer, both come nearer to theirs.",
        "q*, c*",
        "q* = σ_w² E[φ(√q* z)²] + σ_b²",
        ("q", "correlation", "depth_scale"),
        "Poole et al. 2016",
    ),
    Term(
        "depth_scale",
        "depth scale",
        "In how many layers what is left of a difference falls to 37 %. A signal survives a few of "
        "these.",
        "ξ",
        "ξ = -1 / ln χ",
        ("chi", "edge"),
        "Schoenholz et al. 2017",
    ),
    Term(
        "theory",
        "theory",
        "What an infinitely wide network does. It is computed by integrals and draws no weights.",
        see=("band", "q"),
        source="Poole et al. 2016; Schoenholz et al. 2017",
    ),
    Term(
        "band",
        "band",
        "Where 95 of 100 networks of this width lie. It widens with depth over width.",
        formula="ReLU: Var of ‖h‖² / ‖x‖² is (1 + 5/n)ᴸ − 1",
        see=("network", "width"),
        source="Hanin and Nica 2018",
    ),
    Term(
        "rms_gain",
        "rms gain",
        "The gain that keeps the second moment behind an activation: what He means by it.",
        formula="1 / √E[φ²]",
        see=("std_gain", "backward_gain"),
        source="He et al. 2015, eq. 10",
    ),
    Term(
        "std_gain",
        "std gain",
        "The gain that keeps the variance about the mean. It differs where an activation has a "
        "mean, as ReLU has.",
        formula="1 / std[φ]",
        see=("rms_gain",),
    ),
    Term(
        "backward_gain",
        "backward gain",
        "The gain that keeps the gradient's second moment.",
        formula="1 / √E[φ'²]",
        see=("rms_gain", "fan_out"),
        source="He et al. 2015, eq. 14",
    ),
    Term(
        "setting",
        "setting",
        "One of up to four experiments side by side, A to D, on the same random numbers.",
        see=("seed",),
    ),
)
