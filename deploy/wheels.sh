#!/usr/bin/env bash
# Builds the wheel of every component and, with everything they need, one archive for hosts that
# reach no registry: dist/synnefo-wheels.tar. usage: deploy/wheels.sh
set -euo pipefail
cd "$(dirname "$0")/.."
ours=dist/wheels
theirs=dist/requirements
mkdir -p "$ours" "$theirs"
for project in packages/*/pyproject.toml; do
    .venv/bin/uv build -q --wheel --no-build-isolation --python .venv/bin/python \
        -o "$ours" "$(dirname "$project")"
done
if [ ! -e "$theirs/.of" ] || ! cmp -s requirements/run.txt "$theirs/.of"; then
    rm -f "$theirs"/*.whl
    .venv/bin/pip download -q --disable-pip-version-check --only-binary :all: \
        --require-hashes -d "$theirs" -r requirements/run.txt
    cp requirements/run.txt "$theirs/.of"
fi
tar -cf dist/synnefo-wheels.tar.new -C "$PWD/$ours" $(cd "$ours" && ls ./*.whl) \
    -C "$PWD/$theirs" $(cd "$theirs" && ls ./*.whl)
mv dist/synnefo-wheels.tar.new dist/synnefo-wheels.tar
