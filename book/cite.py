"""The page on how to cite, from CITATION.cff."""

from __future__ import annotations

import yaml

from book.sources import ROOT
from tlnb import __version__

PAGE = """\
# How to cite

The software, as [CITATION.cff](CITATION.cff) has it:

> {authors}. *{title}.* Version {version}.

```bibtex
@software{{tlnb,
  author  = {{{{{authors}}}}},
  title   = {{{title}}},
  version = {{{version}}}
}}
```

Where you show or use what it brings along, cite that as well. Every data set says how, `images.card.citation`, and so
does the [gallery](docs/gallery.md); a model says where its weights come from, `tlnb.model_card(model)`; and the papers
behind a method stand at the end of its lesson.
"""


def cite_page() -> str:
    """Return the page."""
    about = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    authors = " and ".join(_name(author) for author in about["authors"])
    return PAGE.format(authors=authors, title=about["title"], version=about.get("version", __version__))


def _name(author: dict[str, str]) -> str:
    return author.get("name") or f"{author.get('given-names', '')} {author.get('family-names', '')}".strip()
