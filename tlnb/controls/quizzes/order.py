"""A question that gives items to be put in order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from tlnb.controls.quizzes.content import QuizError, text_of, texts_of
from tlnb.controls.quizzes.question import Quiz, Reply, listed


class Order(Quiz):
    """Items are to be put in order.

    Attributes
    ----------
    items : tuple of str
        In the right order.
    shown : tuple of str
        As they are shown at first: in another order, the same for the same items.
    """

    kind, says = "order", "Put these in order, from first to last: drag them, or use the arrows."

    def __init__(self, question: str, items: Sequence[str], why: str, name: str | None) -> None:
        super().__init__(question, text_of(why, "why"), name)
        self.items = texts_of(items, "items", '["first", "second"]')
        self.shown = shuffled(self.items)

    def _for_page(self, given: Any) -> list[int]:
        given = list(given)
        if sorted(given) != sorted(self.items):
            raise QuizError(f"{given} are not the items {list(self.shown)}, each of them once.")
        return [self.shown.index(item) for item in given]

    def _judge(self, given: Any) -> Reply:
        ordered = given if isinstance(given, (list, tuple)) else []
        if any(type(place) is not int for place in ordered) or sorted(ordered) != [*range(len(self.items))]:
            raise QuizError(f"{given!r} is no order of {len(self.items)} items.")
        hits = [self.shown[place] == item for place, item in zip(ordered, self.items, strict=True)]
        if all(hits):
            return Reply("right", "Right.", (self.why,))
        first = hits.index(False)
        where = (
            f"The first {first} are in place: look" if first > 1 else "The first is in place: look" if first else "Look"
        )
        return Reply("wrong", "Not quite.", (f"{where} at place {first + 1}.",))

    def _solution(self) -> tuple[Any, Reply]:
        return self._for_page(self.items), Reply("shown", "This is the order.", (self.why,))

    def _own_content(self) -> dict[str, Any]:
        return {"answers": list(self.shown)}

    def _fallback(self) -> tuple[str, str]:
        text, html = listed(self.shown, "-", "disc")
        return f"  Put in order:\n{text}", f"<p>Put in order:</p>{html}"


def shuffled(items: Sequence[str]) -> tuple[str, ...]:
    """Return items in another order, always the same one for the same items.

    Examples
    --------
    >>> sorted(shuffled("abcd")) == ["a", "b", "c", "d"] and shuffled("abcd") != ("a", "b", "c", "d")
    True
    """
    mixed = list(items)
    random.Random("\n".join(items)).shuffle(mixed)  # a generator of its own: the lesson's seeds stay as they are
    return tuple(mixed if mixed != list(items) else [*mixed[1:], mixed[0]])
