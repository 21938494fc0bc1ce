#!/usr/bin/env bash
# The whole suite on PyQt5, and what has to do with the window again on PyQt6.
set -euo pipefail
cd "$(dirname "$0")/.."
window=(tests/viewer tests/widgets tests/test_demo.py tests/soak/test_monkey.py)
for api in pyqt5 pyqt6; do
    echo "== tests on $api"
    [ "$api" = pyqt5 ] && what=(tests) || what=("${window[@]}")
    QT_API=$api PYTEST_QT_API=$api tools/with_display.sh .venv/bin/pytest "$@" "${what[@]}"
done
