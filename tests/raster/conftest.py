import os

import torch

# Triton decides when it is imported whether it compiles or interprets; without a GPU it interprets.
if not torch.cuda.is_available():
    os.environ.setdefault("TRITON_INTERPRET", "1")
