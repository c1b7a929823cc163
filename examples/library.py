"""Draw a small picture in three inks from Python: paper white, two inks learned.

python examples/library.py [FILE]    # a few seconds; writes library.png unless told otherwise
"""

import sys
from pathlib import Path

import inkdream as ink

session = ink.Session("loom/conv3_1/5", inks="white,?,?", width=96, height=64, steps=60)
for step in session:
    if step.done % 10 == 0:
        print(
            f"{step.stage:6} {step.index:3}  score {step.total:.3f}  softness {step.softness:.2f}"
        )

result = session.result
file = Path(sys.argv[1] if len(sys.argv) > 1 else "library.png")
file.write_bytes(result.files["drawing.png"])
print(f"{file}: {', '.join(result.certificate.inks)}")
print(f"strict score: {result.certificate.score_strict:.3f}")
