# shellcheck shell=bash disable=SC2154
# Findings of the doctor on machines that are made up. Read by tests/cli/run.

# -- doctor ---------------------------------------------------------------------------------------------------
root=$dir/root
plant() { # plant FILE TEXT: as a file of the machine
	mkdir -p "$(dirname "$root$1")"
	echo "$2" >"$root$1"
}
doctor() { TANDEM_SYSTEM_ROOT=$root "$tandem" doctor --on native --db "$dir/d.db" --format json; }
finds() { # finds CODE SEVERITY TEXT
	doctor >"$dir/stdout" 2>"$dir/stderr"
	holds "doctor finds $*" $python -c 'import json,sys; a = json.load(open(sys.argv[1])); assert any(f["code"] == sys.argv[2] and f["severity"] == sys.argv[3] and sys.argv[4] in f["text"] and f["remedy"] for f in a["findings"]), a' "$dir/stdout" "$@"
}
plant /proc/cpuinfo "processor : 0"
plant /proc/loadavg "0.05 0.1 0.2 1/100 7"
plant /proc/meminfo "MemTotal: 1000 kB
MemAvailable: 900 kB
SwapTotal: 500 kB
SwapFree: 500 kB"
plant /etc/OpenCL/vendors/some.icd libsome.so.1
plant /usr/lib/libsome.so.1 x
plant /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor performance
plant /sys/devices/system/clocksource/clocksource0/current_clocksource tsc
works doctor
holds "a quiet machine is fit" $python -c 'import json,sys; a = json.load(open(sys.argv[1])); assert a["publishable"] and a["score"] == 100 and not a["findings"] and len(a["checks"]) == 8 and all(c["result"] == "ok" for c in a["checks"]), a' "$dir/stdout"
plant /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor powersave
finds governor warning powersave
plant /sys/devices/system/cpu/smt/active 1
finds smt note hyper-threads
plant /sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count 3
finds thermal warning '3 times'
plant /proc/loadavg "1.50 0.1 0.2 1/100 7"
finds load warning 1.50
plant /sys/fs/cgroup/cpu.max "150000 100000"
finds quota warning '1.5 processors'
plant /proc/meminfo "MemTotal: 1000 kB
MemAvailable: 50 kB
SwapTotal: 500 kB
SwapFree: 100 kB"
finds memory warning tenth
finds swap warning swapped
plant /sys/devices/system/clocksource/clocksource0/current_clocksource hpet
finds clock warning hpet
plant /sys/class/power_supply/BAT0/status Discharging
finds battery warning battery
rm "$root/usr/lib/libsome.so.1"
finds icd bad 'names libsome.so.1, which is not there'
plant /etc/OpenCL/vendors/some.icd ""
finds icd bad 'is empty'
rm "$root/etc/OpenCL/vendors/some.icd"
finds icd bad 'no OpenCL driver is installed'
plant /proc/driver/nvidia/version x
finds nvidia bad 'libnvidia-opencl.so.1 is not here'
plant /usr/lib/x86_64-linux-gnu/libnvidia-opencl.so.1 x
finds nvidia bad 'no .icd file names it'
finds nvidia warning libnvidia-nvvm
"$tandem" doctor --on nowhere --db "$dir/d.db" >"$dir/stdout" 2>"$dir/stderr"
[ $? = 4 ] && grep -q 'the device does not work' "$dir/stdout" && ok || { bad "doctor on a device that is not there"; cat "$dir/stdout"; }
works "$tandem" doctor --on native --db "$dir/d.db" --write-profile "$dir/native.json"
works "$tandem" plan pipelines/smoke.lua --profile "$dir/native.json"
