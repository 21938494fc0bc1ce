#!/usr/bin/env bash
# The whole suite on PyQt5, and what has to do with the window again on PyQt6.
set -euo pipefail
cd "$(dirname "$0")/.."
window=(tests/widgets tests/soak/test_monkey.py)

tests_on() {
    local api=$1 display=$2
    shift 2
    QT_API=$api PYTEST_QT_API=$api FIRST_DISPLAY=$display \
        tools/with_display.sh .venv/bin/pytest "$@"
}

if [ $# -gt 0 ]; then
    # Long runs look at time and memory: one after the other
    echo "== tests on pyqt5" && tests_on pyqt5 99 "$@" tests
    echo "== tests on pyqt6" && tests_on pyqt6 99 "$@" "${window[@]}"
    exit
fi

# Side by side: each keeps one core busy. What needs no window is shared out between the two, so
# that both are done at about the same time; a new folder of tests goes to the first.
second=(tests/io tests/store tests/session tests/model tests/viewer)
ignored=("${second[@]/#/--ignore=}")

log=$(mktemp)
(
    failed=0
    echo "== tests on pyqt6, those of the window" && tests_on pyqt6 150 "${window[@]}" || failed=1
    echo "== tests without a window, part 2" && tests_on pyqt5 150 "${second[@]}" || failed=1
    exit $failed
) >"$log" 2>&1 &
other=$!
trap 'kill $other 2>/dev/null || true; rm -f "$log"' EXIT
failed=0
echo "== tests on pyqt5"
tests_on pyqt5 99 tests "${ignored[@]}" || failed=1
wait $other || failed=1
cat "$log"
exit $failed
