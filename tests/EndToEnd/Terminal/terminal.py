#!/usr/bin/env python3
"""Runs a program on a pseudo terminal: terminal.py COLUMNS STEPS PROGRAM [ARGUMENT...]

STEPS is a JSON list of [text to wait for, text to send]. Everything that the program draws goes to standard output as it is; the exit code is
the program's, or 124 where a text did not come within half a minute.
"""
import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time

PATIENCE = 30.0


def main():
    columns, steps, command = int(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3:]
    child, terminal = pty.fork()
    if child == 0:
        # The size is set before the program asks for it.
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        os.execvp(command[0], command)

    unseen = b""
    deadline = time.monotonic() + PATIENCE
    while True:
        while steps and steps[0][0].encode() in unseen:
            text, answer = (part.encode() for part in steps.pop(0))
            unseen = unseen[unseen.index(text) + len(text):]
            os.write(terminal, answer)
            deadline = time.monotonic() + PATIENCE
        if not select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))[0]:
            os.kill(child, 9)
            sys.stderr.write("did not come: %r\n" % steps)
            return 124
        try:
            drawn = os.read(terminal, 65536)
        except OSError:  # how Linux says that the other side is closed
            drawn = b""
        if not drawn:
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        unseen += drawn
        sys.stdout.buffer.write(drawn)
        sys.stdout.buffer.flush()
        deadline = time.monotonic() + PATIENCE if not steps else deadline


sys.exit(main())
