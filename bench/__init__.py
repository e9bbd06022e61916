"""Labelled cases, and figures measured on them."""
