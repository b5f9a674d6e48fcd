#!/bin/sh
# The kernel suite, then the benchmark with the arguments given; results in ./runs.
#   ./run [--quick] [--suites step,peers] ...     see ./run --help
here=$(cd "$(dirname "$0")" && pwd) || exit 1
# Drivers of containers may lie where the Vulkan loader does not look.
if [ -z "$VK_DRIVER_FILES$VK_ICD_FILENAMES" ]; then
  for driver in /usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json /usr/lib/x86_64-linux-gnu/nvidia/vulkan/icd.d/nvidia_icd.json; do
    if [ -f "$driver" ]; then
      VK_DRIVER_FILES=$driver VK_ICD_FILENAMES=$driver
      export VK_DRIVER_FILES VK_ICD_FILENAMES
      break
    fi
  done
fi
# What is unpacked at the first run stays in here.
XDG_CACHE_HOME=${XDG_CACHE_HOME:-$here/cache}
export XDG_CACHE_HOME
case " $* " in *" --help "*) exec "$here/node" "$here/dist/cli.js" bench --help ;; esac
mkdir -p runs || exit 1
"$here/node" "$here/dist/cases.js" runs/cases.json
cases=$?
"$here/node" "$here/dist/cli.js" bench --host node "$@"
bench=$?
[ "$cases" -eq 0 ] || exit "$cases"
exit "$bench"
