"""How Sphinx makes the site; the pages come from ``book.build``."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from book.references import resolve_name, sign_controls, source_of  # noqa: E402
from book.sources import repository  # noqa: E402
from tlnb import __version__  # noqa: E402

project = "tlnb"
author = "The tlnb developers"
copyright = author
release = version = __version__
language = "en_GB"

extensions = ["myst_nb", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.mathjax", "sphinx.ext.viewcode"]
default_role = "py:obj"
exclude_patterns = ["extra"]
smartquotes = False
suppress_warnings = ["myst.header"]  # a list of measurements begins with small headings

# Notebooks are shown as they are stored. A claim's card is HTML beside a picture of it; the HTML is for pages.
nb_execution_mode = "off"
nb_code_prompt_show = "Show the code"
nb_code_prompt_hide = "Hide the code"
myst_enable_extensions = ["amsmath", "colon_fence", "dollarmath"]
myst_heading_anchors = 4

autodoc_member_order = "groupwise"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
numpydoc_show_class_members = False
numpydoc_use_plots = False
toc_object_entries_show_parents = "hide"

html_theme = "sphinx_book_theme"
html_title = "tlnb: transfer learning notebooks"
html_static_path = [str(HERE / "static")]
html_css_files = ["book.css"]
html_context = {"default_mode": "auto"}
html_show_sourcelink = False
html_copy_source = True
html_last_updated_fmt = ""
html_theme_options = {
    "show_navbar_depth": 1,
    "show_toc_level": 2,
    "use_download_button": True,
    "use_fullscreen_button": False,
    "navigation_with_keys": False,
    "navbar_start": [],
    "navbar_center": [],
    "navbar_end": [],
    "navbar_persistent": [],
    "footer_content_items": ["copyright.html", "last-updated.html"],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
if address := repository():
    html_theme_options |= {"repository_url": address, "use_repository_button": True, "use_issues_button": True}

# Formulas are set by a MathJax of the site's own, so that it is read offline as well.
mathjax_path = "mathjax.js"

linkcheck_timeout = 20
linkcheck_retries = 2
linkcheck_ignore = [r"https?://(localhost|127\.0\.0\.1)", r"https://doi\.org/"]  # publishers turn programs away


def setup(app: Any) -> None:
    """Resolve names as Python code writes them, and bring MathJax along."""
    app.connect("missing-reference", resolve_name)
    app.connect("autodoc-process-signature", sign_controls)
    app.connect("viewcode-follow-imported", source_of)
    app.connect("build-finished", _copy_mathjax)


def _copy_mathjax(app: Any, failed: Exception | None) -> None:
    found = importlib.util.find_spec("sphinx-mathjax-offline")
    if failed is None and app.builder.format == "html" and found and found.origin:
        shutil.copy(Path(found.origin).parent / "static/mathjax/tex-svg.js", Path(app.outdir) / "_static/mathjax.js")
