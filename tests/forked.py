"""Something to be forked: `python -m tests.forked --forks`. What it is asked says what it does."""

import os
import threading
import time

from inkdream.forking import answer_forks

loaded: list[str] = []


def prepare(request):
    loaded.append(request.get("word", ""))
    if request.get("thread"):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()


def answer(request):
    if "code" in request:
        os._exit(request["code"])
    return {"loaded": loaded, "pid": os.getpid(), "session": os.getsid(0)}


if __name__ == "__main__":
    answer_forks(prepare, answer)
