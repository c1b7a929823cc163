"""What happens before a command begins: how threads wait, and the ways to call it."""

import json
import os
import subprocess
import sys

import pytest

from inkdream import __version__

# Lets a command say how OpenMP's threads are to wait, where it would load torch, and end.
REPORT = """
import json, os, sys
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name in ("torch", "numba"):
            print(json.dumps([name, os.environ.get("OMP_WAIT_POLICY")]), flush=True)
            os._exit(0)
sys.meta_path.insert(0, Watch())
from inkdream.cli import main
main(["networks", "loom"])
"""


def environment(**more):
    own = {name: value for name, value in os.environ.items() if not name.startswith("OMP_")}
    return own | more


@pytest.mark.parametrize(
    ("own", "expected"), [({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE")]
)
def test_threads_do_not_spin_unless_the_user_says_so(own, expected):
    done = subprocess.run(
        [sys.executable, "-c", REPORT],
        env=environment(**own),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout)[1] == expected


def test_the_library_leaves_the_environment_alone():
    code = "import os, inkdream.optimize.session; assert 'OMP_WAIT_POLICY' not in os.environ"
    subprocess.run([sys.executable, "-c", code], env=environment(), check=True)


def test_the_package_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "inkdream", "--version"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stdout.startswith(f"inkdream {__version__} (Python ")
    wrong = subprocess.run(
        [sys.executable, "-m", "inkdream", "drwa"], capture_output=True, text=True, check=False
    )
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("inkdream: ")
