"""Runs commands, and tells what each took: a line of JSON in, a line of JSON out.

It is small, since a process that it starts counts this one's memory as its own until it is another program.
"""

import json
import os
import sys
import time

for line in sys.stdin:
    argv, environ = json.loads(line)
    start = time.perf_counter()
    silence = [(os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_RDWR, 0) for descriptor in (0, 1, 2)]
    pid = os.posix_spawnp(argv[0], argv, environ, file_actions=silence)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - start
    cpu = usage.ru_utime + usage.ru_stime
    print(json.dumps([os.waitstatus_to_exitcode(status), seconds, cpu, usage.ru_maxrss * 1024]), flush=True)
