"""Settings A to D on shared axes: overlaid, and each by itself.

Points are measured, lines are exact densities and theory. In the overlay all of a setting has its
colour; its letter stands beside its curve. Where each has a chart of its own theory is green.
"""

from dashboard.figures.compared.columns import column_figures
from dashboard.figures.compared.signals import overlaid_signal
from dashboard.figures.compared.weights import overlaid_weights

__all__ = ["column_figures", "overlaid_signal", "overlaid_weights"]
