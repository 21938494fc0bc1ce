#!/usr/bin/env bash
# Make .venv ready: `tools/set_up.sh demo` to use the program, `tools/set_up.sh test` to work on it.
set -euo pipefail
cd "$(dirname "$0")/.."
purpose=${1:?demo or test}
python=${PYTHON:-python3}

need_packages() {
    # What is missing of the Debian packages, where this is a Debian
    command -v dpkg-query >/dev/null || return 0
    local wanted missing=()
    wanted=$(grep -v '^#' tools/system_packages.txt)
    "$python" -c 'import ensurepip, venv' 2>/dev/null || wanted+=" python3-venv"
    for package in $wanted; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] \
            || missing+=("$package")
    done
    echo "${missing[@]:-}"
}

install_packages() {
    local missing
    missing=$(need_packages)
    [ -n "$missing" ] || return 0
    local install="apt-get install -y --no-install-recommends $missing"
    if [ "$(id -u)" = 0 ]; then
        echo "Installing the Debian packages that are missing: $missing"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -q >/dev/null
        $install >/dev/null
    elif [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] || [[ " $missing " == *" python3-venv "* ]]; then
        echo "Some Debian packages are missing. Install them with this line, then try again:" >&2
        echo "  sudo $install" >&2
        exit 1
    else
        echo "If the window does not open, install: sudo $install"
    fi
}

command -v "$python" >/dev/null || { echo "Python 3.11 or newer is needed ($python was not found)." >&2; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Python 3.11 or newer is needed; $("$python" --version) was found. Set PYTHON=..." >&2
    exit 1
}
install_packages
[ -x .venv/bin/python ] || "$python" -m venv .venv
pip() { .venv/bin/python -m pip --disable-pip-version-check "$@"; }
echo "Installing into .venv: the first time takes a few minutes"
if [ "$purpose" = test ]; then
    pip install -q --upgrade 'pip>=25.1'
    pip install -q -c constraints.txt --group test -e '.[pyqt5,pyqt6]'
else
    pip install -q -c constraints.txt -e '.[pyqt5,openvino]'
fi
touch ".venv/.ready-$purpose"
