"""All terms, by subject and by slug."""

from collections.abc import Mapping
from types import MappingProxyType

from dashboard.guide.term import Term
from dashboard.guide.terms.layers import LAYER_TERMS
from dashboard.guide.terms.signal import SIGNAL_TERMS
from dashboard.guide.terms.training import TRAINING_TERMS
from dashboard.guide.terms.weights import WEIGHTS

GROUPS: Mapping[str, tuple[Term, ...]] = MappingProxyType(
    {
        "Weights": WEIGHTS,
        "Layers": LAYER_TERMS,
        "Signal and gradient": SIGNAL_TERMS,
        "Training": TRAINING_TERMS,
    }
)
"""Terms by subject, in the order in which they are read."""

GLOSSARY: Mapping[str, Term] = MappingProxyType(
    {term.slug: term for terms in GROUPS.values() for term in terms}
)
"""Every term by its slug."""
