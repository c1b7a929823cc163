"""The studio: a page on one's own machine in which drawings are begun, watched, compared, plotted.

The server (`app.py`) knows runs by their files alone: it loads neither torch nor recipes. What
reads recipes, SVGs and pictures is a process of its own (`desk.py`), and so is each run.
"""
