"""The pages, in the order of the navigation: a new page is one entry."""

from collections.abc import Callable
from dataclasses import dataclass

from dashboard import gathering
from dashboard.experiment import Experiment
from dashboard.views import (
    accessibility,
    compare,
    explore,
    fans,
    guide,
    lessons,
    phase,
    sweep,
    train,
)


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its name, its address and what draws it.

    `render` may return what came of the settings in a few words, to be read aloud. Before it,
    `look_ahead` may compute what can be computed at once, and says whether that is all that the
    page's charts show. A page without `controls` has no sidebar: nothing on it depends on the
    settings. One that `is_part` can be drawn alone, beside a sidebar that stays.
    """

    title: str
    path: str
    icon: str
    render: Callable[[Experiment], str | None]
    look_ahead: Callable[[Experiment], bool] | None = None
    controls: bool = True
    is_part: bool = False


PAGES = (
    Page("Explore", "", ":material/explore:", explore.render, gathering.look_ahead, is_part=True),
    Page("Compare", "compare", ":material/compare:", compare.render),
    Page("Phase map", "phase", ":material/map:", phase.render),
    Page("Sweep", "sweep", ":material/stacked_line_chart:", sweep.render),
    Page("Train", "train", ":material/model_training:", train.render, train.look_ahead),
    Page("Fans", "fans", ":material/call_split:", fans.render),
    Page("Lessons", "lessons", ":material/school:", lessons.render, controls=False),
    Page("Guide", "guide", ":material/menu_book:", guide.render, controls=False),
    Page("Accessibility", "accessibility", ":material/accessibility_new:", accessibility.render),
)
