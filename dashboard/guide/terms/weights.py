"""Words about weights and the law that they are drawn from."""

from dashboard.guide.term import Term

WEIGHTS = (
    Term(
        "weight",
        "weight",
        "A number that an input is multiplied by. Training changes it; the initializer gives its "
        "first value.",
        "w",
        see=("kernel", "initializer"),
    ),
    Term(
        "kernel",
        "kernel",
        "All weights of a layer in one array. Keras puts inputs and outputs on its last two axes.",
        "W",
        "shape (…, in, out)",
        ("axis", "fan_in"),
    ),
    Term(
        "initializer",
        "initializer",
        "The rule that gives every weight its first value, before training.",
        see=("scale", "mode", "distribution"),
    ),
    Term(
        "scale",
        "scale",
        "The numerator of the variance. Four times the scale makes weights twice as large.",
        "s",
        "Var[w] = s / n",
        ("n", "variance"),
    ),
    Term(
        "mode",
        "mode",
        "Which number the variance is divided by: fan_in keeps the signal, fan_out the gradient, "
        "and the averages lie between. fan_geo_avg is JAX's; Keras has the other three.",
        formula="fan_in, fan_out, fan_avg or fan_geo_avg",
        see=("n", "fan_in", "fan_out"),
    ),
    Term(
        "n",
        "n",
        "The number that the variance is divided by; the mode says which one. It is never taken "
        "below 1.",
        "n",
        "fan_avg: (fan_in + fan_out) / 2; fan_geo_avg: √(fan_in · fan_out)",
        ("mode",),
    ),
    Term(
        "fan_in",
        "fan_in",
        "How many products are summed into one output: in a Dense layer, the number of inputs.",
        formula="Keras: product of all axes but the last",
        see=("fan_out", "effective"),
        source="LeCun et al. 1998, eq. 16, writes m for it",
    ),
    Term(
        "fan_out",
        "fan_out",
        "How many outputs one input reaches: in a Dense layer, the number of units.",
        formula="Keras: product of all axes but the last but one",
        see=("fan_in", "effective"),
        source="He et al. 2015, eq. 14",
    ),
    Term(
        "effective",
        "effective fan",
        "The number of products that a layer really sums. Where a framework counts another number, "
        "weights come out too small or too large.",
        see=("fan_in", "convention"),
    ),
    Term(
        "convention",
        "convention",
        "Whose rule counts the fans. Keras, PyTorch and JAX differ for some layers.",
        see=("effective", "axis"),
    ),
    Term(
        "distribution",
        "distribution",
        "The shape of the law that weights are drawn from. All three have the same variance here.",
        see=("truncated", "normal", "uniform"),
    ),
    Term(
        "truncated",
        "truncated normal",
        "A normal law cut at two of its own standard deviations, then widened so that the variance "
        'after the cut is right. Keras calls it "normal".',
        formula="|w| ≤ 2.2737 · √(s / n)",
        see=("normal", "std"),
    ),
    Term(
        "normal",
        "normal law",
        "The bell curve. 68 % of draws lie within one standard deviation of the mean, and there is "
        "no largest one.",
        "N(μ, σ²)",
        "p(w) = exp(−(w − μ)² / 2σ²) / (σ √(2π))",
        ("truncated",),
    ),
    Term(
        "uniform",
        "uniform law",
        "Every value between two limits is equally likely.",
        "U(a, b)",
        "here ± √(3 s / n)",
        ("limits",),
    ),
    Term(
        "limits",
        "limits",
        "The lower and the upper end of a uniform law.",
        "a, b",
        "std = (b − a) / √12",
        ("uniform",),
    ),
    Term(
        "mean",
        "mean",
        "The average. Initializers draw weights of mean 0; behind ReLU, activations have a mean "
        "above 0.",
        "μ, E",
        see=("variance", "second_moment"),
    ),
    Term(
        "variance",
        "variance",
        "The mean squared distance from the mean.",
        "Var, σ²",
        "Var[w] = E[w²] − E[w]²",
        ("std", "second_moment"),
    ),
    Term(
        "std",
        "standard deviation",
        "The root of the variance: how far from the mean a typical value lies. It has the unit of "
        "the value.",
        "std, σ",
        "σ = √Var",
        ("variance", "truncated"),
    ),
    Term(
        "density",
        "density",
        "How likely values near w are, for each width of one. The area under the curve is 1; bars "
        "of a drawn sample are scaled to the same area.",
        "p(w)",
        see=("fit", "distribution"),
    ),
    Term(
        "fit",
        "goodness of fit",
        "Whether the drawn weights look as the exact law says. p is the chance that weights from "
        "this law are as far from it.",
        "p",
        see=("density",),
    ),
    Term(
        "seed",
        "seed",
        "The number that random draws start from. The same seed gives the same weights.",
        see=("redraw",),
    ),
    Term(
        "redraw",
        "redraw",
        "Another draw of the same law, with another seed: it shows what is chance.",
        see=("seed", "band"),
    ),
    Term(
        "gain",
        "gain",
        "A factor on the standard deviation that makes up for what an activation takes.",
        "g",
        "scale = g²",
        ("rms_gain", "orthogonal"),
    ),
    Term(
        "glorot",
        "Glorot (Xavier)",
        "Scale 1 over the mean of both fans: a compromise between signal and gradient, for "
        "activations that are linear near 0. Keras' default for most layers.",
        formula="Var[w] = 2 / (fan_in + fan_out)",
        see=("he", "lecun"),
        source="Glorot and Bengio 2010, eqs. 12 and 16",
    ),
    Term(
        "he",
        "He (Kaiming)",
        "Scale 2 over fan_in: makes up for ReLU, which halves the second moment.",
        formula="Var[w] = 2 / fan_in",
        see=("glorot", "second_moment"),
        source="He et al. 2015, eq. 10; with fan_out eq. 14",
    ),
    Term(
        "lecun",
        "LeCun",
        "Scale 1 over fan_in: keeps the variance of a linear layer, and suits SELU.",
        formula="Var[w] = 1 / fan_in",
        see=("he", "glorot"),
        source="LeCun et al. 1998, eq. 16; Klambauer et al. 2017",
    ),
    Term(
        "orthogonal",
        "orthogonal",
        "A random matrix that turns and never stretches: every length is kept, not only the mean. "
        "Its entries depend on each other.",
        formula="WᵀW = g² I",
        see=("gain", "recurrent"),
        source="Saxe et al. 2014, section 4",
    ),
    Term(
        "constant",
        "constant",
        "Every weight the same. Then all units of a layer compute the same and stay alike, so a "
        "network cannot learn; it is for biases.",
        see=("symmetry", "bias"),
    ),
    Term(
        "symmetry",
        "symmetry",
        "Units that start alike get the same gradient and stay alike. Random weights break it.",
        see=("constant",),
    ),
    Term(
        "bias",
        "bias",
        "A number added to each unit's sum. Most frameworks start it at 0; here it can be drawn "
        "with a variance.",
        "b, σ_b²",
        "q ← σ_w² E[φ²] + σ_b²",
        ("q",),
        "Poole et al. 2016, eq. 3",
    ),
)
