#!/bin/sh
# Rebuilds NotoSansSC-Regular.ttf and NotoSansSC-Bold.ttf beside this script.
#
# Needs npm and python3-fonttools of the distribution (PYTHON=... to name
# another one). The faces are cut down to GB2312, ASCII, general punctuation,
# arrows and the full-width forms; everything rarer is left to the system.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-/usr/bin/python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
npm pack --silent @expo-google-fonts/noto-sans-sc@0.4.3 >/dev/null
tar -xzf expo-google-fonts-noto-sans-sc-0.4.3.tgz

"$python" - >unicodes.txt <<'PY'
want = set()
for high in range(0xA1, 0xF8):  # every assigned cell of GB2312
    for low in range(0xA1, 0xFF):
        try:
            want.add(ord(bytes([high, low]).decode("gb2312")))
        except UnicodeDecodeError:
            pass
for first, last in [
    (0x0020, 0x007E), (0x00A0, 0x00FF),  # ASCII, Latin-1
    (0x2000, 0x206F), (0x20A0, 0x20BF),  # punctuation, currency
    (0x2100, 0x214F), (0x2190, 0x21FF),  # letterlike, arrows
    (0x2200, 0x22FF), (0x2460, 0x24FF),  # mathematics, enclosed figures
    (0x25A0, 0x25FF), (0x3000, 0x303F),  # shapes, CJK punctuation
    (0xFF00, 0xFFEF),                    # full-width forms
]:
    want.update(range(first, last + 1))
print("\n".join(f"{c:04X}" for c in sorted(want)))
PY

cut() {
  "$python" -m fontTools.subset "$1" --unicodes-file=unicodes.txt \
    --layout-features='kern,liga,tnum,locl' --no-hinting --output-file="$2"
}
find . -name NotoSansSC_400Regular.ttf -exec cp {} regular.ttf \;
find . -name NotoSansSC_700Bold.ttf -exec cp {} bold.ttf \;
cut regular.ttf "$here/NotoSansSC-Regular.ttf"
cut bold.ttf "$here/NotoSansSC-Bold.ttf"
ls -l "$here"/*.ttf
