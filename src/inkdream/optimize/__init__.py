"""Optimisation: one step, the stages of a recipe, and what becomes of small regions."""
