#!/usr/bin/env bash
# Run a command on a virtual screen: the tests never disturb a desktop, and run without one.
set -euo pipefail
exec xvfb-run -a -s "-screen 0 1600x1000x24" "$@"
