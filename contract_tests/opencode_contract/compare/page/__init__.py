"""A comparison as one page for a browser, which loads nothing from anywhere."""
