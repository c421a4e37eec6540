"""Words about training."""

from dashboard.guide.term import Term

TRAINING_TERMS = (
    Term(
        "training",
        "training",
        "Changing the weights step by step so that the loss falls.",
        see=("loss", "optimizer", "gradient"),
    ),
    Term(
        "data",
        "data",
        "The examples that are learned from, and others held out to test what was learned.",
        see=("accuracy",),
    ),
    Term(
        "optimizer",
        "optimizer",
        "The rule that turns a gradient into a step. SGD steps against it; Adam divides by its "
        "recent size first, which makes up for some of a bad scale.",
        see=("rate", "gradient"),
        source="Adam: Kingma and Ba 2015, algorithm 1",
    ),
    Term(
        "rate",
        "learning rate",
        "How long a step is. Too small learns slowly, too large flies off.",
        "η",
        "w ← w − η ∂L/∂w",
        ("optimizer",),
    ),
    Term("epoch", "epoch", "Once through all examples.", see=("training",)),
    Term(
        "hidden",
        "hidden layer",
        "A layer between the inputs and the last layer, which answers.",
        see=("depth", "layer"),
    ),
    Term(
        "loss",
        "loss",
        "How wrong the answers are, in one number; training makes it smaller.",
        "L",
        see=("training", "entropy"),
    ),
    Term(
        "accuracy",
        "share right",
        "The share of examples whose most likely class is the right one.",
        see=("data", "loss"),
    ),
    Term(
        "softmax",
        "softmax",
        "Turns a row of numbers into shares that sum to 1: the larger the number, the larger its "
        "share.",
        formula="pᵢ = exp(zᵢ) / Σⱼ exp(zⱼ)",
        see=("entropy", "logit"),
    ),
    Term("logit", "logit", "A number before the softmax.", "z", see=("softmax",)),
    Term(
        "entropy",
        "entropy",
        "How undecided shares are, in nats: 0 where one class has all, log k where k classes have "
        "the same.",
        "H",
        "H = −Σ pᵢ log pᵢ",
        ("softmax",),
    ),
    Term(
        "sweep",
        "sweep",
        "The same measure of many experiments that differ in one or two settings only: a cell for "
        "each.",
        see=("setting", "seed"),
    ),
    Term(
        "normalization",
        "normalization layer",
        "A layer that rescales its inputs to mean 0 and variance 1, whatever they were. With it "
        "the scale of the weights before it matters much less.",
        see=("residual",),
    ),
    Term(
        "residual",
        "residual connection",
        "A path around a layer: its input is added to its output, so variances add up from layer "
        "to layer.",
        formula="x ← x + f(x)",
        see=("normalization",),
    ),
)
