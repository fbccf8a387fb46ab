#!/usr/bin/env bash
# Installs what the project needs on Debian 12 and is not there yet.
# usage: deps.sh test|run|look|bench ...   (each a set; several may be named)
set -euo pipefail

declare -A tool_of=(
  # package            a file it brings
  [gcc]=/usr/bin/gcc
  [libc6-dev]=/usr/include/stdio.h
  [pkg-config]=/usr/bin/pkg-config
  [mariadb-server-core]=/usr/sbin/mariadbd
  [mariadb-client-core]=/usr/bin/mariadb
  [mariadb-client]=/usr/bin/mariadb-dump
  [mariadb-backup]=/usr/bin/mariadb-backup
  [libgl1-mesa-dev]=/usr/include/GL/gl.h
  [libx11-dev]=/usr/include/X11/Xlib.h
  [libxcursor-dev]=/usr/include/X11/Xcursor/Xcursor.h
  [libxrandr-dev]=/usr/include/X11/extensions/Xrandr.h
  [libxinerama-dev]=/usr/include/X11/extensions/Xinerama.h
  [libxi-dev]=/usr/include/X11/extensions/XInput2.h
  [libxxf86vm-dev]=/usr/include/X11/extensions/xf86vmode.h
  [xvfb]=/usr/bin/Xvfb
  [xauth]=/usr/bin/xauth
  [libgl1-mesa-dri]=/usr/lib/x86_64-linux-gnu/dri/swrast_dri.so
  [openbox]=/usr/bin/openbox
  [xdotool]=/usr/bin/xdotool
  [imagemagick]=/etc/ImageMagick-6/policy.xml
  [x11-utils]=/usr/bin/xwininfo
  [nodejs]=/usr/bin/node
  [npm]=/usr/bin/npm
  [util-linux]=/usr/bin/taskset
  [chromium]=/usr/bin/chromium
  [fonts-noto-cjk]=/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc
)
node_set=
command -v node >/dev/null || node_set="nodejs npm"
server_set="gcc libc6-dev mariadb-server-core mariadb-client-core mariadb-client mariadb-backup $node_set"
test_set="$server_set chromium fonts-noto-cjk"
run_set="$server_set pkg-config libgl1-mesa-dev libx11-dev libxcursor-dev libxrandr-dev libxinerama-dev libxi-dev libxxf86vm-dev"
bench_set="util-linux $node_set"
look_set="$run_set chromium fonts-noto-cjk xvfb xauth libgl1-mesa-dri openbox xdotool imagemagick x11-utils"

# MariaDB's encryption at rest is a plugin that Debian ships only in
# mariadb-server, which brings a service along that nobody needs here: the one
# file is taken out of that package.
plugin=/usr/lib/mysql/plugin/file_key_management.so

wanted=()
plugin_wanted=
for set in "$@"; do
  case $set in
    test) wanted+=($test_set); plugin_wanted=yes ;;
    run) wanted+=($run_set); plugin_wanted=yes ;;
    look) wanted+=($look_set); plugin_wanted=yes ;;
    bench) wanted+=($bench_set) ;;
    *) echo "deps.sh: no set called $set (test, run, look, bench)" >&2; exit 2 ;;
  esac
done

missing=()
for package in "${wanted[@]}"; do
  [ -e "${tool_of[$package]}" ] && continue
  dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -q '^installed' && continue
  missing+=("$package")
done
if [ -e "$plugin" ]; then plugin_wanted=; fi
if [ ${#missing[@]} -eq 0 ] && [ -z "$plugin_wanted" ]; then exit 0; fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    if [ ${#missing[@]} -gt 0 ]; then
      echo "missing packages; as root run: apt-get install -y --no-install-recommends ${missing[*]}" >&2
    fi
    if [ -n "$plugin_wanted" ]; then
      echo "missing $plugin; as root run: $0 $*" >&2
    fi
    exit 1
  fi
  as_root=(sudo)
fi

# fetch_plugin puts the plugin in its place, of the installed server's version
# where the archive still has it. apt downloads as a user of its own, who needs
# a directory of its own.
fetch_plugin() (
  dir=$(mktemp -d)
  trap '"${as_root[@]}" rm -rf "$dir"' EXIT
  chmod 755 "$dir"
  mkdir "$dir/apt"
  if id _apt >/dev/null 2>&1; then "${as_root[@]}" chown _apt "$dir/apt"; fi
  cd "$dir/apt"
  version=$(dpkg-query -W -f='${Version}' mariadb-server-core 2>/dev/null || true)
  "${as_root[@]}" apt-get download -qq "mariadb-server${version:+=$version}" >/dev/null 2>&1 ||
    "${as_root[@]}" apt-get download -qq mariadb-server >/dev/null
  dpkg-deb --fsys-tarfile mariadb-server_*.deb | tar -xOf - ".$plugin" >"$dir/plugin.so"
  "${as_root[@]}" install -D -m 644 "$dir/plugin.so" "$plugin"
)

echo "installing:" "${missing[@]}" ${plugin_wanted:+"${plugin##*/}"}
"${as_root[@]}" apt-get update -qq
if [ ${#missing[@]} -gt 0 ]; then
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
if [ -n "$plugin_wanted" ]; then fetch_plugin; fi
