"""inkdream draws what neural networks dream, in the inks you own."""

__version__ = "0.1.0"
