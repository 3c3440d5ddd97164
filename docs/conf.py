"""The settings of the documentation site: Sphinx makes it from the Markdown of this folder; ``scripts/docs`` starts it.

The pages stay as a Git host shows them. ``index.md`` lists them in groups; the site's navigation is made of that list,
so that a page is added in one place.
"""

from __future__ import annotations

import re

from sphinx.application import Sphinx

import semseg

project = "semseg"
release = version = semseg.__version__
author = "the authors of semseg"
copyright = f"{author}, Apache-2.0"

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
exclude_patterns = ["_build"]
nitpicky = False  # types of numpy, Pillow and boto3 have no pages here

smartquotes_action = "D"  # dashes alone: quotes stay as a program says them, also code in a cell of a table
highlight_language = "text"  # a block that names no language is what a program prints
myst_heading_anchors = 4  # the fragments that a Git host gives headings

autodoc_default_options = {"members": True, "member-order": "bysource", "inherited-members": False}
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_preserve_defaults = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # the attributes of a class as one list

html_theme = "furo"
html_title = f"semseg {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
copybutton_exclude = ".linenos, .gp, .go"

HEADING = re.compile(r"^## (.+)$", re.M)
LISTED_PAGE = re.compile(r"^- \[[^\]]+\]\(([^)#:]+)\.md\)", re.M)


def setup(app: Sphinx) -> None:
    """Registers what makes the navigation."""
    app.connect("source-read", add_navigation)


def add_navigation(app: Sphinx, page: str, source: list[str]) -> None:
    """Adds a table of contents for each group of pages that ``index.md`` lists: headings and the links below them."""
    if page == app.config.root_doc:
        _, *parts = HEADING.split(source[0])
        groups = {title: LISTED_PAGE.findall(text) for title, text in zip(parts[::2], parts[1::2])}
        source[0] += "".join(table_of_contents(title, pages) for title, pages in groups.items() if pages)


def table_of_contents(caption: str, pages: list[str]) -> str:
    """Returns a hidden table of contents, which the theme shows at the side of every page."""
    return "\n".join(["", "```{toctree}", ":hidden:", ":titlesonly:", f":caption: {caption}", "", *pages, "```", ""])
