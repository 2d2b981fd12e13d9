# SPDX-License-Identifier: MIT
# Sphinx's settings. docs/site/build gives the version.
import os

project = "stet"
copyright = "the stet authors; MIT licence"
extensions = ["myst_parser"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "stet"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_search_scorer = os.path.join(os.path.dirname(__file__), "static/scorer.js")
html_show_search_summary = False  # it would fetch pages, which a browser forbids to files
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True, "top_of_page_button": None}
c_id_attributes = []
primary_domain = "c"
highlight_language = "text"
pygments_style = "friendly"
pygments_dark_style = "native"
suppress_warnings = ["myst.header"]
