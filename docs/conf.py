"""Settings of Sphinx: ``pip install -e '.[docs]' && sphinx-build docs docs/_build``."""

import yeonjwa

project = "yeonjwa"
author = "The yeonjwa developers"
release = yeonjwa.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = False
html_theme = "furo"
exclude_patterns = ["_build"]
myst_heading_anchors = 3
myst_enable_extensions = ["dollarmath"]
