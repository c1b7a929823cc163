"""Atlases: small drawings of a whole layer or of many recipes, and a page to look at them."""
