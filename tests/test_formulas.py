"""Typed activations: the grammar, its errors, and agreement with what is known."""

import itertools
import math
import pickle
import time
import warnings
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import integrate

import vscore
from vscore.activations import ACTIVATIONS, Activation, as_activation
from vscore.formulas import FormulaError
from vscore.formulas.definition import formula_definition
from vscore.formulas.functions import FUNCTIONS
from vscore.formulas.parser import DEEPEST, LONGEST, parse
from vscore.formulas.tree import slope, value
from vscore.meanfield import Gains, critical_sigma_w2, fixed_point, gains, predict, q_map
from vscore.networks import mlp
from vscore.propagation import simulate

typed = Activation.from_formula

WRITTEN = {
    "linear": "x",
    "relu": "max(x, 0)",
    "relu6": "clip(x, 0, 6)",
    "leaky_relu": "where(x, x, 0.2 * x)",
    "elu": "where(x, x, expm1(x))",
    "selu": "1.0507009873554805 * where(x, x, 1.6732632423543772 * expm1(x))",
    "gelu": "x * (1 + erf(x / sqrt(2))) / 2",
    "gelu_tanh": "x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))",
    "silu": "x / (1 + exp(-x))",
    "mish": "x * tanh(log(1 + exp(x)))",
    "softplus": "log(1 + exp(x))",
    "softsign": "x / (1 + abs(x))",
    "tanh": "(exp(x) - exp(-x)) / (exp(x) + exp(-x))",
    "sigmoid": "1 / (1 + e**-x)",
    "hard_sigmoid": "relu(min(x + 3, 6)) / 6",
    "hard_tanh": "max(-1, min(1, x))",
    "erf": "erf(x)",
}
"""Every activation of the table as its paper writes it."""

every_kind = pytest.mark.parametrize("kind", ACTIVATIONS)

# Off every kink of the table.
POINTS = np.linspace(-13, 13, 4001) + 0.00037


def test_every_activation_is_written() -> None:
    assert set(WRITTEN) == set(ACTIVATIONS)


@every_kind
def test_a_written_activation_is_the_built_in_one(kind: str) -> None:
    ours, known = typed(WRITTEN[kind]), ACTIVATIONS[kind]
    np.testing.assert_allclose(ours.value(POINTS), known.value(POINTS), rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours.derivative(POINTS), known.derivative(POINTS), rtol=0, atol=1e-9)
    assert ours.slopes_at_infinity == pytest.approx(known.slopes_at_infinity, abs=1e-12)
    assert ours.homogeneous == known.homogeneous
    assert set(known.kinks) <= set(ours.kinks)
    np.testing.assert_array_equal(ours.dead([-50, -1, 1]), known.dead([-50, -1, 1]))
    if known.slopes_at_zero is None:
        assert ours.slopes_at_zero is None
    else:
        assert ours.slopes_at_zero == pytest.approx(known.slopes_at_zero, abs=1e-12)
    if known.saturation_points is None:
        assert ours.saturation_points is None
    else:
        assert ours.saturation_points == pytest.approx(known.saturation_points, abs=1e-9)


@every_kind
def test_a_written_activation_has_the_built_in_gains(kind: str) -> None:
    ours, known = gains(typed(WRITTEN[kind])), gains(kind)
    for name in ("mean", "second_moment", "derivative_second_moment", "rms_gain", "std_gain"):
        assert getattr(ours, name) == pytest.approx(getattr(known, name), rel=1e-9, abs=1e-9), name
    assert ours.backward_scale == pytest.approx(known.backward_scale, rel=1e-9)


@every_kind
def test_a_written_activation_propagates_like_the_built_in_one(kind: str) -> None:
    ours = typed(WRITTEN[kind])
    for q in (1e-3, 1.0, 1e3):
        expected = q_map(q, activation=kind, sigma_w2=1.7, sigma_b2=0.1)
        assert q_map(q, activation=ours, sigma_w2=1.7, sigma_b2=0.1) == pytest.approx(
            expected, rel=1e-9
        )


@every_kind
def test_far_out_it_is_finite_and_silent(kind: str) -> None:
    ours, known = typed(WRITTEN[kind]), ACTIVATIONS[kind]
    for dtype, far in ((np.float32, 1e30), (np.float64, 1e200)):
        z = np.array([-far, -1e5, -710, 710, 1e5, far], dtype)
        with warnings.catch_warnings(), np.errstate(all="warn"):
            warnings.simplefilter("error")
            found = ours.value(z)
        assert found.dtype == ours.derivative(z).dtype == dtype
        # A tail that only goes to its limit, as softsign's does, has it to 1e-9.
        np.testing.assert_allclose(found[1:-1], known.value(z)[1:-1], rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(ours.derivative(z), known.derivative(z), atol=1e-6)
        assert np.isfinite(found).all()


# Derivatives: each function against differences ----------------------------------------------

CALLS = {
    "abs": "abs(sin(x))",
    "atan": "atan(2 * x)",
    "clip": "clip(x, -sigmoid(x), 1 + x / 3)",
    "cos": "cos(x)",
    "erf": "erf(x)",
    "exp": "exp(x / 2)",
    "expm1": "expm1(-x / 3)",
    "log": "log(1 + x**2)",
    "log1p": "log1p(exp(x))",
    "max": "max(sin(x), x / 2)",
    "min": "min(sin(x), x / 2)",
    "relu": "relu(x - 0.3)",
    "sigmoid": "sigmoid(3 * x)",
    "sign": "x * sign(x - 1)",
    "sin": "sin(x) * x",
    "softplus": "softplus(2 * x)",
    "sqrt": "sqrt(1 + x * x)",
    "step": "x * step(x + 1)",
    "tanh": "tanh(x)",
    "where": "where(x - 0.25, x**2, -x)",
    "+": "x + tanh(x)",
    "-": "1 - x - tanh(x)",
    "*": "x * x * tanh(x)",
    "/": "tanh(x) / (2 + x**2)",
    "**": "(1 + x**2)**-0.5 + 2**(x / 4) + (x - 7)**3",
    "negative": "-tanh(-x)",
}


def test_every_function_is_differentiated_here() -> None:
    assert set(FUNCTIONS) <= set(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_derivative_is_the_central_difference(name: str) -> None:
    tree = parse(CALLS[name])
    x, h = np.linspace(-3, 3, 101) + 0.0123, 1e-5
    difference = (value(tree, x + h) - value(tree, x - h)) / (2 * h)
    # h^2 phi''' / 6 is below 3e-9 (phi''' of tanh(3x)'s kind: 27 * 2), rounding below 3e-9.
    np.testing.assert_allclose(slope(tree, x), difference, rtol=1e-8, atol=6e-9)


@pytest.mark.parametrize(
    ("formula", "x", "expected"),
    [
        ("-x**2", 3.0, -9.0),
        ("2**3**2 + 0*x", 1.0, 512.0),
        ("x - 1 - 2", 0.0, -3.0),
        ("8 / x / 2", 2.0, 2.0),
        ("2 + 3 * x ** 2", 2.0, 14.0),
        ("2**-x", 1.0, 0.5),
        ("- - x", 2.0, 2.0),
        ("+x*-2", 2.0, -4.0),
        (" ( x ) ", 2.0, 2.0),
        (".5*x + 1.*x + 1e-1*x + 2.5E+0*x", 1.0, 4.1),
        ("pi*x + e", 1.0, math.pi + math.e),
        ("clip(x, -1, 2)", 5.0, 2.0),
        ("where(x, 1, 2) + step(x) + sign(x)", 0.0, 2.0),
    ],
)
def test_the_grammar_by_hand(formula: str, x: float, expected: float) -> None:
    assert value(parse(formula), np.array([x])) == pytest.approx(expected, rel=1e-15)


# Kinks and integrals --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "kinks"),
    [
        ("relu(x - 0.3)", (0.3,)),
        ("abs(x**2 - 2)", (-math.sqrt(2), math.sqrt(2))),
        ("max(x, 1 - x)", (0.5,)),
        ("min(relu(x), 6)", (0, 6)),
        ("relu(relu(x) - 1)", (0, 1)),
        ("abs(x - 1) + abs(x + 7)", (-7, 1)),
        ("sqrt((x - 0.3)**2)", (0.3,)),
        ("sign(x + 2) * x", (-2,)),
        ("clip(2 * x, -1, 3)", (-0.5, 1.5)),
        ("x / (1 + abs(x))", (0,)),
        ("tanh(x) / (1 + x**2)", ()),
        ("x**3", ()),
        ("relu(x)**1.5", (0,)),
    ],
)
def test_kinks_by_hand(formula: str, kinks: tuple[float, ...]) -> None:
    assert typed(formula).kinks == pytest.approx(kinks, abs=1e-7)


def gaussian(f: Callable[[float], float], breaks: tuple[float, ...]) -> float:
    def density(z: float) -> float:
        return f(z) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi)

    edges = (-12, *breaks, 12)
    parts = itertools.pairwise(edges)
    return sum(integrate.quad(density, a, b, epsabs=1e-13, limit=500)[0] for a, b in parts)


@pytest.mark.parametrize(
    ("formula", "function", "breaks"),
    [
        ("x * sigmoid(1.702 * x)", lambda x: x / (1 + math.exp(-1.702 * x)), (0,)),
        ("relu(x)**2", lambda x: max(x, 0) ** 2, (0,)),
        ("tanh(50 * x)", lambda x: math.tanh(50 * x), (-0.1, 0, 0.1)),
        (
            "abs(sin(3 * x))",
            lambda x: abs(math.sin(3 * x)),
            tuple(k * math.pi / 3 for k in range(-9, 10)),
        ),
        ("where(x - 1.234, 2, -1)", lambda x: 2 if x > 1.234 else -1, (1.234,)),
        ("exp(x)", math.exp, (0,)),
    ],
)
def test_second_moment_is_scipys(
    formula: str, function: Callable[[float], float], breaks: tuple[float, ...]
) -> None:
    expected = gaussian(lambda x: function(x) ** 2, breaks)
    assert gains(formula).second_moment == pytest.approx(expected, rel=1e-9)


def test_closed_forms() -> None:
    # E exp(2z) = e^2; E relu(z)^4 = 3 / 2; E (2 relu(z))^2 = 2.
    assert gains("exp(x)").second_moment == pytest.approx(math.exp(2), rel=1e-9)
    assert gains("relu(x)**2").second_moment == pytest.approx(1.5, rel=1e-12)
    assert gains("relu(x)**2").derivative_second_moment == pytest.approx(2, rel=1e-12)


def test_declared_kinks_are_kept() -> None:
    phi = typed("x * step(x)", kinks=(2, -1.5, 2))
    assert phi.declared_kinks == pytest.approx((-1.5, 2), abs=0)
    assert typed("x", kinks=()).declared_kinks is None
    assert list(phi.kinks) == [-1.5, 0, 2]
    with pytest.raises(ValueError, match=r"kinks must be in \[-40, 40\]; got 41"):
        typed("x", kinks=(41,))


# An activation like any other -----------------------------------------------------------------


def test_identity_is_the_text() -> None:
    phi = typed("x*tanh(x)")
    assert phi == typed("x*tanh(x)") != typed("x * tanh(x)")
    assert hash(phi) == hash(pickle.loads(pickle.dumps(phi)))
    assert phi.kind == "formula"
    assert phi.label == "x*tanh(x)"
    assert as_activation("x*tanh(x)") == phi
    assert as_activation("tanh") is ACTIVATIONS["tanh"]


def test_written_in_place_and_scalars() -> None:
    phi = typed("x / 2 + abs(x)")
    z = np.array([-2.0, 4.0], np.float32)
    assert phi.value(z, out=z) is z
    assert z.tolist() == [1, 6]
    assert phi.value(2).dtype == np.float64
    assert float(phi.derivative(-1.0)) == -0.5


def test_squared_relu_leaves_its_formula_only_far_out() -> None:
    phi = typed("relu(x)**2")
    assert phi.value([-1e300, 1e6]).tolist() == [0, 1e12]
    assert phi.slopes_at_zero == pytest.approx((0, 0), abs=0)
    assert phi.dead([-1.0, 0.0, 1.0]).tolist() == [True, True, False]
    assert not phi.homogeneous


def test_a_constant_inside_has_slope_0_whatever_is_around_it() -> None:
    """sqrt has no finite slope at 0, but relu(x)**4 does not move there: it is relu(x)**2."""
    phi = typed("sqrt(relu(x)**4)")
    assert phi.derivative([-2.0, -1.0, 1.0, 3.0]).tolist() == [0, 0, 2, 6]


def test_a_swinging_formula_stands_still_far_out() -> None:
    phi = typed("sin(x)")
    assert phi.derivative([-1e300, 1e300]).tolist() == [0, 0]
    assert (np.abs(phi.value([-1e300, 1e300])) <= 1).all()


def test_equal_slopes_do_not_make_a_bent_formula_straight() -> None:
    bent = typed("x + x**3 * exp(-x**2)")
    assert bent.slopes_at_zero == bent.slopes_at_infinity
    assert not bent.homogeneous
    assert typed("x").homogeneous
    assert typed("where(x, 3 * x, -x / 4)").homogeneous
    assert typed("sin(3 * x)").slopes_at_infinity == (0, 0)


def test_theory_and_simulation_take_it() -> None:
    network = mlp((64,) * 6, activation="x * sigmoid(1.702 * x)", initializer="he_normal")
    measured = simulate(network, networks=16, batch=16, seed=3).q.mean(axis=0)
    expected = predict(network).q
    # One network's relative spread is about sqrt(5 l / 64) at layer l: 0.63 at 5; 4.9 of 16 nets'.
    np.testing.assert_allclose(measured, expected, rtol=4.9 * 0.63 / 4)
    relu = typed("max(x, 0)")
    assert fixed_point(activation=relu, sigma_w2=2.0).reason == "every q is a fixed point"
    assert critical_sigma_w2(relu).sigma_w2 == pytest.approx(2, rel=1e-12)


def test_built_in_and_typed_simulate_alike() -> None:
    runs = [
        simulate(mlp((32,) * 5, activation=phi), networks=2, batch=4, seed=1)
        for phi in ("tanh", "(exp(x) - exp(-x)) / (exp(x) + exp(-x))")
    ]
    np.testing.assert_allclose(runs[0].q, runs[1].q, rtol=1e-5)
    slopes = [run.gradient_second_moment for run in runs]
    assert slopes[0] is not None
    assert slopes[1] is not None
    np.testing.assert_allclose(slopes[0], slopes[1], rtol=1e-5)


def test_an_explosive_formula_overflows_as_a_result() -> None:
    measured = simulate(mlp((16,) * 12, activation="x**3"), networks=2, batch=2, seed=1)
    assert np.isfinite(measured.log10_q).all()
    assert measured.log10_gradient is not None
    assert np.isfinite(measured.log10_gradient).all()
    assert (measured.overflow_layer > 0).all()


@pytest.mark.parametrize("name", CALLS)
def test_numpy_spelling_is_the_formula(name: str) -> None:
    import scipy

    phi = typed(CALLS[name])
    z = np.linspace(-3, 3, 101) + 0.0123
    function = eval(phi.names["numpy"], {"np": np, "scipy": scipy})
    np.testing.assert_allclose(function(z), phi.value(z), rtol=1e-13, atol=1e-14)
    assert set(phi.names) == {"keras", "torch", "jax", "numpy"}


def test_a_formula_goes_with_no_other_kind() -> None:
    with pytest.raises(ValueError, match=r"formula and declared_kinks must not be given for 'relu"):
        Activation("relu", formula="x")
    with pytest.raises(ValueError, match=r"slope must be None for 'formula'"):
        Activation("formula", 0.1, "x")


# Errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "position", "reason"),
    [
        ("", 0, r"formula is empty"),
        ("   ", 0, r"formula is empty"),
        ("2x", 1, r"expected an operator, such as \*; got 'x'"),
        ("x^2", 1, r"unexpected '\^': a power is written \*\*"),
        ("x.real", 1, r"unexpected '\.': a formula may hold numbers, x"),
        ("x + __import__('os')", 4, r"unexpected '_'"),
        ("x if x else 0", 2, r"expected an operator, such as \*; got 'if'"),
        ("x > 0", 2, r"unexpected '>': a condition is written where"),
        ("lambda: x", 6, r"unexpected ':'"),
        ("x * taan(x)", 4, r"'taan' must be one of x, e, pi, .* Did you mean 'tan"),
        ("eval(x)", 0, r"'eval' must be one of"),
        ("X", 0, r"'X' must be one of x, e, pi"),
        ("max(x)", 0, r"max takes 2 arguments; got 1"),
        ("x + tanh(x, 1)", 4, r"tanh takes 1 argument; got 2"),
        ("tanh + x", 5, r"expected \( after tanh; got '\+'"),
        ("x +", 3, r"expected a number, x, a function or \(; got the end"),
        ("x + + * 2", 6, r"expected a number, x, a function or \(; got '\*'"),
        ("(x + 1", 0, r"this bracket is never closed"),
        ("x * (1 + 2))", 11, r"expected no \); got '\)'"),
        ("(x 2)", 3, r"expected an operator, such as \*, or \); got '2'"),
        ("x**x", 1, r"an exponent with x needs a positive number as its base"),
        ("(-2)**x", 4, r"an exponent with x needs a positive number as its base"),
        ("x**9**9", 4, r"an exponent must be in \[-100, 100\]; got 3\.8742e\+08"),
        ("x * 1e999", 4, r"'1e999' is beyond the largest number"),
        ("3 + 4", 0, r"formula must contain x"),
        ("x" + "\n", 1, r"unexpected '\\n'"),
        ("1 / x", 2, r"finite number for x in \[-40, 40\]; at x = 0 the marked part is inf"),
        ("x + log(x - 1)", 4, r"at x = 0 the marked part is nan"),
        ("2 * sqrt(x)", 4, r"at x = -0\.015625 the marked part is nan"),
        ("exp(x**2)", 0, r"at x = 9\.1\d* the marked part|at x = -9\.1\d* the marked part"),
        ("x + sqrt(abs(x))", 4, r"slope must be finite for x in \[-40, 40\]; it is not at x = 0"),
        ("1 / (x - 0.3)**2", 2, r"must be finite"),
        ("sin(1000 * x)", 0, r"formula changes too sharply to be integrated"),
        ("abs(sin(20 * x))", 0, r"formula breaks at more than 100 places"),
    ],
)
def test_errors_point_at_the_character(formula: str, position: int, reason: str) -> None:
    with pytest.raises(FormulaError, match=reason) as caught:
        typed(formula)
    error = caught.value
    assert error.position == position
    assert error.formula == formula
    lines = str(error).splitlines()
    assert lines[-1] == "  " + " " * position + "^"
    assert len(lines) == 3


def test_the_message_in_full() -> None:
    with pytest.raises(FormulaError) as caught:
        typed("x * taanh(x)")
    names = ", ".join(("x", "e", "pi", *sorted(FUNCTIONS)))
    assert str(caught.value) == (
        f"'taanh' must be one of {names}. Did you mean 'tanh'?\n  x * taanh(x)\n      ^"
    )
    assert isinstance(pickle.loads(pickle.dumps(caught.value)), vscore.FormulaError)


def test_size_is_bounded() -> None:
    with pytest.raises(FormulaError, match=rf"at most {LONGEST} characters; got 201") as long:
        typed("x" + "+x" * 100)
    assert long.value.position == LONGEST
    with pytest.raises(FormulaError, match=r"nested too deeply: at most 24 levels") as deep:
        typed("(" * 25 + "x" + ")" * 25)
    assert deep.value.position == DEEPEST
    with pytest.raises(FormulaError, match=r"nested too deeply"):
        typed("-" * 100 + "x")
    with pytest.raises(FormulaError, match=r"too large: at most 120"):
        typed("x" + "+x" * 90)
    with pytest.raises(FormulaError, match=r"formula must be text; got 3"):
        typed(3)  # type: ignore[arg-type]  # the point


# Anything at all ------------------------------------------------------------------------------

PIECES = [
    "x",
    "1",
    "0.5",
    "40",
    "1e9",
    "(",
    ")",
    ",",
    " ",
    "+",
    "-",
    "*",
    "/",
    "**",
    "pi",
    "e",
    ".",
]
NOISE = st.text(max_size=60) | st.lists(
    st.sampled_from([*PIECES, *FUNCTIONS, "__class__", "\n", "import"]), max_size=60
).map("".join)


def _call(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    by_arity = {
        arity: [name for name, f in FUNCTIONS.items() if f.arity == arity] for arity in (1, 2, 3)
    }
    calls = [
        st.tuples(st.sampled_from(names), st.lists(inner, min_size=arity, max_size=arity)).map(
            lambda pair: f"{pair[0]}({', '.join(pair[1])})"
        )
        for arity, names in by_arity.items()
    ]
    signs = st.sampled_from(["+", "-", "*", "/"])
    infix = st.tuples(inner, signs, inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})")
    power = st.tuples(inner, st.sampled_from(["2", "3", "0.5", "-1", "-2.5"])).map(
        lambda t: f"({t[0]})**{t[1]}"
    )
    return st.one_of(*calls, infix, power)


GRAMMAR = st.recursive(st.sampled_from(["x", "x", "1", "0.3", "-2", "20"]), _call, max_leaves=24)

SECONDS = 0.2


def _gains_or_error(formula: str) -> FormulaError | Gains:
    formula_definition.cache_clear()
    try:
        return gains(typed(formula))
    except FormulaError as error:
        return error


def _seconds(formula: str) -> float:
    start = time.thread_time()
    _gains_or_error(formula)
    return time.thread_time() - start


def _never_crashes(formula: str) -> None:
    found = _gains_or_error(formula)
    # A garbage collection may fall into one of the three; not into all.
    assert _seconds(formula) < SECONDS or min(_seconds(formula), _seconds(formula)) < SECONDS
    if isinstance(found, FormulaError):
        assert 0 <= found.position <= len(formula)
        return
    assert math.isfinite(found.second_moment)
    assert math.isfinite(found.derivative_second_moment)


@pytest.fixture(autouse=True, scope="module")
def _scipy() -> None:
    """Its import is no part of the times below."""
    import scipy.special

    assert scipy.special.erf(0) == 0


@pytest.mark.parametrize("texts", [NOISE, GRAMMAR], ids=["noise", "grammar"])
@pytest.mark.parametrize("examples", [400, pytest.param(5000, marks=pytest.mark.slow)])
def test_no_text_crashes_or_takes_long(texts: st.SearchStrategy[str], examples: int) -> None:
    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    @given(texts)
    def check(formula: str) -> None:
        _never_crashes(formula)

    check()


def test_a_slope_that_is_infinite_at_one_point_alone() -> None:
    found = _gains_or_error("where(x * x, 1, x)**0.5")
    assert isinstance(found, Gains)
    assert found.second_moment == pytest.approx(1)
    assert found.derivative_second_moment == 0


@pytest.mark.parametrize(
    "formula",
    [
        "abs(" * 23 + "x" + ")" * 23,
        "+".join(["abs(x-1)"] * 22),
        "max(x,-x)*" * 18 + "x",
        "tanh(" * 20 + "x**3" + ")" * 20,
        "+".join(f"relu(x-{k})" for k in range(17)),
        "where(x,where(x-1,where(x-2,where(x-3,x,1),2),3),sin(9*x))",
        "tanh(999*x)+tanh(999*(x-1))+tanh(999*(x-.3))+tanh(999*(x-.7))+tanh(999*(x+.7))",
    ],
)
def test_the_largest_formulas_are_quick(formula: str) -> None:
    assert len(formula) <= LONGEST
    _never_crashes(formula)
