#!/usr/bin/env bash
# Tool: kubetail 1.6.5 (Debian 12: kubetail 1.6.5-2), with the bash of the same system (5.2).
# Expected: `kubetail shop` follows every container of every Pod whose name holds the word.
# Seen: with one container it works; with two or more it ends at once with a syntax error and shows no line of any log.
# Source of the behaviour: its function `join` puts " & " between commands by a pattern substitution, ${…//…/…}. Since bash 5.2 an
#       unquoted & in the replacement stands for what was matched (shopt patsub_replacement, on by default), so the separator vanishes.
# Remedy: bash +O patsub_replacement "$(command -v kubetail)" shop
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
apt-get -o APT::Sandbox::User=root download -qq kubetail=1.6.5-2 >/dev/null && dpkg -x kubetail_*.deb .
bash --version | head -1
# A kubectl that knows two Pods of one container each.
cat > kubectl <<'SH'
#!/bin/sh
case "$*" in
  *logs*) echo "a line of $2"; [ "$1" = logs ] || exit 1 ;;
  *range*) for pod in $PODS; do printf '%s app \\n' "$pod"; done ;;
  *) echo $PODS ;;
esac
SH
chmod +x kubectl
tail_of() { # PODS, then how bash is started
  local pods=$1; shift
  PODS=$pods KUBECTL_BIN="$dir/kubectl" TERM=xterm timeout 20 bash "$@" usr/bin/kubetail shop --follow false --colored-output false 2>&1 || true
}
one=$(tail_of 'shop-web')
two=$(tail_of 'shop-web shop-db')
mended=$(tail_of 'shop-web shop-db' +O patsub_replacement)
printf 'one Pod:\n%s\n\ntwo Pods:\n%s\n\ntwo Pods, without patsub_replacement:\n%s\n' "$one" "$two" "$mended"
grep -q 'a line of shop-web' <<<"$one" && grep -q 'syntax error' <<<"$two" && ! grep -q '\] a line' <<<"$two" && grep -q 'a line of shop-db' <<<"$mended"
