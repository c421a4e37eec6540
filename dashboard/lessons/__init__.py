"""The lessons: each file of this folder is one, and holds data only.

A new lesson is a new file with a `LESSON`; nothing else names it.
"""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from dashboard.course.lesson import Lesson

__all__ = ["LESSONS", "found"]


def found() -> Mapping[str, Lesson]:
    """The lessons in this folder by slug, in the order in which they are listed.

    Raises
    ------
    ValueError
        If two have the same slug.
    """
    names = [module.name for module in iter_modules(__path__)]
    lessons: list[Lesson] = [import_module(f"{__name__}.{name}").LESSON for name in names]
    lessons.sort(key=lambda lesson: (lesson.place, lesson.slug))
    by_slug = {lesson.slug: lesson for lesson in lessons}
    if len(by_slug) < len(lessons):
        raise ValueError(f"slug must be another in each lesson; got {[x.slug for x in lessons]}")
    return MappingProxyType(by_slug)


LESSONS = found()
