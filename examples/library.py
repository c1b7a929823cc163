"""Draw a small picture in three inks from Python: paper white, two inks learned.

python examples/library.py [FILE]    # a few seconds; writes library.png unless told otherwise
"""

import sys
from pathlib import Path

from inkdream import colour
from inkdream.pictures import indexed_png
from inkdream.recipe import Recipe, TermRecipe
from inkdream.sketch import Sketch

recipe = Recipe(
    terms=(TermRecipe(target="loom/conv3_1/5"),),
    inks=("#ffffff", "?", "?"),
    width=96,
    height=64,
    steps=60,
)
sketch = Sketch(recipe)
for stage, step in sketch.climb():
    if step.index % 10 == 0:
        print(f"{stage:6} {step.index:3}  score {step.total:.3f}  softness {step.softness:.2f}")

picture = sketch.result.inked().tidy()
file = Path(sys.argv[1] if len(sys.argv) > 1 else "library.png")
file.write_bytes(indexed_png(picture))
print(f"{file}: {', '.join(colour.to_hex(ink) for ink in picture.inks.tolist())}")
print(f"strict score: {sketch.strict_score():.3f}")
