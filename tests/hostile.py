"""Links that somebody wrote to do harm, always the same ones."""

import random
from collections.abc import Iterator
from urllib.parse import quote

NAMES = (
    *("v", "layer", "kernel", "init", "act", "mode", "distribution", "scale", "depth", "width"),
    *("networks", "batch", "seed", "family", "statistic", "units", "taper", "slope", "settings"),
    *("setting", "redraws", "title", "question", "lock", "hide", "present", "b.init", "c.width"),
    *("data", "optimizer", "rate", "epochs", "hidden", "neurons", "b.rate", "phase"),
    *(
        "x",
        "x_from",
        "x_to",
        "x_points",
        "x_spacing",
        "x_names",
        "y",
        "y_from",
        "measure",
        "source",
    ),
    *("lesson", "answers.zeros", "answers.relu-halves", "answers.", "answers.<b>"),
    *("d.layer", "e.depth", "__class__", "", "embed", "b.b.act"),
)
VALUES = (
    *("nan", "inf", "-1e400", "1e400", "9" * 60, "1_0", "٣", "5\0", "0x10", "()", "None", "-0"),
    *("<script>alert(1)</script>", "<img src=//host.example/x onerror=alert(1)>", "javascript:1"),
    *("[a](https://host.example)", "![a](https://host.example/x.png)", "**b**", "$x$", "`c`"),
    *("../../etc/passwd", "%zz", "%ff", "&", "=", ";", "#", "all", "4", "b", "on", "signal"),
    *("x" * 300, "\u202e\u200b", "LSTM", "orthogonal", "1024", "100", "512", "64", "8", "16384"),
    *("depth", "log", "predicted", "chi_1", "relu.relu", "tanh.selu", "scale", "none", "60"),
    *("relu-halves", "zeros", "0~1~1", "1~~", "a~b~c", "0.5~0.34~0_0_0_0~2", "~".join("1" * 40)),
)


def hostile_links(count: int) -> Iterator[str]:
    """Query strings of one to eight settings, quoted as a browser would."""
    choice = random.Random(1)
    for _ in range(count):
        pairs = [(choice.choice(NAMES), choice.choice(VALUES)) for _ in range(choice.randint(1, 8))]
        yield "&".join(f"{name}={quote(value)}" for name, value in pairs)
