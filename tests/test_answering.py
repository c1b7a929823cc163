"""Processes that answer: answers alone stand in their output, whatever libraries print."""

import json
import subprocess
import sys

PROCESS = """
import os
from inkdream.answering import answer_lines, unforeseen

def answer(request):
    print("chatter")
    os.write(1, b"more of it")
    try:
        return {"half": 1 / request["number"]}
    except Exception as error:
        return {"error": unforeseen(error)}

answer_lines(answer)
"""


def test_answers_stand_alone_and_in_order_and_mistakes_in_one_line():
    asked = "".join(json.dumps({"number": number}) + "\n" for number in (2, 0, 4))
    words = [sys.executable, "-c", PROCESS]
    done = subprocess.run(words, input=asked, capture_output=True, text=True, check=True)
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert (first, third) == ({"half": 0.5}, {"half": 0.25})
    assert second["error"].startswith("ZeroDivisionError in <string>:")
    assert "\n" not in second["error"]
    assert "chatter" in done.stderr
