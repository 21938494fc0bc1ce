#!/usr/bin/env bash
# Run a command on a virtual screen: the tests never disturb a desktop, and run without one.
# FIRST_DISPLAY: the number from which on a free one is looked for; two that start at once need two.
set -euo pipefail
exec xvfb-run -a -n "${FIRST_DISPLAY:-99}" -s "-screen 0 1600x1000x24" "$@"
