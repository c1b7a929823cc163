"""How the built-in network `loom` was made: formula-made pictures, training, evaluation, export."""
