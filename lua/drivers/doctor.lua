-- tandem doctor: is this machine fit to measure on, and does its device work from end to end?
-- Arguments: device ("" for the first OpenCL device, else native), format "text" or "json", root of the files to look at ("" for /).
local tandem = require "tandem"

local wanted, format, root = arg[1], arg[2], arg[3]

-- -- looking -----------------------------------------------------------------------------------------

local function read(path)
  local f = io.open(root .. path, "r")
  if not f then return nil end
  local text = f:read "a"
  f:close()
  return text and (text:gsub("%s+$", ""))
end

local function exists(path)
  local f = io.open(root .. path, "r")
  if f then f:close() end
  return f ~= nil
end

-- Files of a folder, sorted; a shell is the only way to list one from Lua.
local function list(pattern)
  local out = {}
  local p = io.popen("ls -d '" .. root:gsub("'", "'\\''") .. "'" .. pattern .. " 2>/dev/null")
  for line in p:lines() do out[#out + 1] = line:sub(#root + 1) end
  p:close()
  return out
end

local function writable(folder)
  os.execute(("mkdir -p '%s' 2>/dev/null"):format((folder:gsub("'", "'\\''"))))
  local path = folder .. "/.tandem-doctor"
  local f = io.open(path, "w")
  if not f then return false end
  local ok = f:write "x" and f:close()
  os.remove(path)
  return ok
end

-- -- findings: what, how bad ("note", "warning", "bad"), what to do ---------------------------------------

local findings = {}
local cost = { note = 2, warning = 10, bad = 30 }
local function find(code, severity, text, remedy) findings[#findings + 1] = { code = code, severity = severity, text = text, remedy = remedy } end

local function cpus()
  local n = 0
  for _ in (read "/proc/cpuinfo" or ""):gmatch "processor%s*:" do n = n + 1 end
  return math.max(n, 1)
end

local function look_at_cpu()
  local governors = {}
  for _, path in ipairs(list "/sys/devices/system/cpu/cpu[0-9]*/cpufreq/scaling_governor") do governors[read(path) or ""] = true end
  governors.performance = nil
  local other = next(governors)
  if other then find("governor", "warning", ("the CPU governor is \"%s\": clocks move while you measure"):format(other), "cpupower frequency-set -g performance") end
  if read "/sys/devices/system/cpu/smt/active" == "1" then find("smt", "note", "hyper-threads share cores", "pin threads to cores (taskset), or: echo off > /sys/devices/system/cpu/smt/control") end
  local throttled = 0
  for _, path in ipairs(list "/sys/devices/system/cpu/cpu[0-9]*/thermal_throttle/core_throttle_count") do throttled = throttled + (tonumber(read(path)) or 0) end
  if throttled > 0 then find("thermal", "warning", ("the CPU has slowed down for heat %d times since it started"):format(throttled), "better cooling, or a lower fixed clock") end
  if (read "/proc/cpuinfo" or ""):find "hypervisor" then find("virtual", "note", "this is a virtual machine: others share its hardware, and clocks cannot be seen", "believe ratios of one session only") end
  for _, path in ipairs(list "/sys/class/power_supply/BAT*/status") do
    if read(path) == "Discharging" then find("battery", "warning", "it runs on battery", "plug it in") end
  end
end

local function look_at_load()
  local n, load1 = cpus(), tonumber((read "/proc/loadavg" or ""):match "^[%d.]+")
  if load1 and load1 > 0.1 * n then find("load", "warning", ("the load is %.2f on %d processors: other work is running"):format(load1, n), "stop it, or wait; `top` shows it") end
  local quota, period = (read "/sys/fs/cgroup/cpu.max" or ""):match "^(%d+) (%d+)"
  if quota then find("quota", "warning", ("this group of processes may use %.1f processors: it is stopped when it has"):format(quota / period), "start the container without a CPU limit; pin it to processors instead (--cpuset-cpus)") end
  local info = read "/proc/meminfo" or ""
  local function kb(name) return tonumber(info:match(name .. ":%s*(%d+)")) or 0 end
  if kb "MemTotal" > 0 and kb "MemAvailable" < 0.1 * kb "MemTotal" then find("memory", "warning", "less than a tenth of the memory is free", "stop what holds it") end
  if kb "SwapTotal" - kb "SwapFree" > 0.05 * kb "MemTotal" then find("swap", "warning", "the machine has swapped memory out", "swapoff -a, or more memory") end
  local clock = read "/sys/devices/system/clocksource/clocksource0/current_clocksource"
  local fine = { tsc = true, ["kvm-clock"] = true, arch_sys_counter = true, hyperv_clocksource_tsc_page = true }
  if clock and not fine[clock] then find("clock", "warning", ("the clock source is %s: reading the time is slow"):format(clock), "boot with clocksource=tsc where the CPU's is steady") end
end

local places = { "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib", "/usr/local/nvidia/lib64", "/lib/x86_64-linux-gnu" }
local function library(name)
  if name:sub(1, 1) == "/" then return exists(name) and name end
  for _, place in ipairs(places) do
    if exists(place .. "/" .. name) then return place .. "/" .. name end
  end
  return list("/usr/lib/*/" .. name)[1]
end

local function look_at_icds()
  local named, nvidia = {}, false
  for _, path in ipairs(list "/etc/OpenCL/vendors/*.icd") do
    local name = (read(path) or ""):match "%S+"
    named[#named + 1] = name
    nvidia = nvidia or (name or ""):find "nvidia" ~= nil
    if not name then find("icd", "bad", path .. " is empty: the loader finds no driver there", "reinstall the driver's OpenCL package, or remove the file")
    elseif not library(name) then find("icd", "bad", ("%s names %s, which is not there"):format(path, name), "reinstall the driver's OpenCL package, or remove the file") end
  end
  local vendors = os.getenv "OCL_ICD_VENDORS"
  if vendors then find("icd", "note", "OCL_ICD_VENDORS is set to " .. vendors .. ": only the drivers there are seen", "unset OCL_ICD_VENDORS to see all")
  elseif #named == 0 then find("icd", "bad", "no OpenCL driver is installed: /etc/OpenCL/vendors holds no .icd file", "apt-get install pocl-opencl-icd for the CPU, or the OpenCL package of your GPU's vendor") end
  if os.getenv "OCL_ICD_FILENAMES" then find("icd", "note", "OCL_ICD_FILENAMES is set: Debian's loader ignores it", "set OCL_ICD_VENDORS to the library's path") end
  if not (exists "/proc/driver/nvidia/version" or exists "/dev/nvidia0") then return end
  local cl = library "libnvidia-opencl.so.1"
  if not cl then find("nvidia", "bad", "there is an NVIDIA GPU, but libnvidia-opencl.so.1 is not here", "start the container with NVIDIA_DRIVER_CAPABILITIES=compute,utility (or all)")
  elseif not nvidia and not vendors then find("nvidia", "bad", "the NVIDIA driver's OpenCL library is here, but no .icd file names it (container toolkits before 2026 do not bring one)", "OCL_ICD_VENDORS=" .. cl .. ", or: echo libnvidia-opencl.so.1 > /etc/OpenCL/vendors/nvidia.icd") end
  if cl and #list "/usr/lib/*/libnvidia-nvvm.so*" == 0 and #list "/usr/lib64/libnvidia-nvvm.so*" == 0 then find("nvidia", "warning", "libnvidia-nvvm.so is not here: newer drivers then fail to build any kernel, with an empty log", "mount it from the host beside libnvidia-opencl.so.1") end
  local p = root == "" and io.popen "nvidia-smi --query-compute-apps=pid --format=csv,noheader 2>/dev/null"
  local others = p and select(2, p:read "a":gsub("%d+", "")) or 0
  if p then p:close() end
  if others > 0 then find("gpu", "warning", ("%d other processes use the GPU"):format(others), "stop them; `nvidia-smi` shows them") end
end

local function look_at_folders()
  local home = os.getenv "XDG_CACHE_HOME" or (os.getenv "HOME" or "") .. "/.cache"
  local cache = os.getenv "TANDEM_CACHE" or home .. "/tandem"
  if not writable(cache) then find("cache", "warning", cache .. " cannot be written: kernels are built anew at each start", "set TANDEM_CACHE to a folder that can") end
  local folder = tandem.db:match "^(.*)/[^/]*$" or "."
  if not writable(folder) then find("database", "bad", folder .. " cannot be written: nothing can be recorded in " .. tandem.db, "name another file with --db FILE, or set TANDEM_DB") end
end

-- -- self-checks: the way of a real run, end to end ---------------------------------------------------------

local pipeline_text = [[
local t = require "tandem"
return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 19, t = 203, seed = 4 }, dtype = "f32", shape = "N T" }
    local moved = t.tensor.copy { x, name = "moved" }
    local z = t.graph.standardise { moved, name = "rows" }.z
    local product = t.tensor.matmul { z, z, tb = true, name = "product" }
    return { moved = moved, soft = t.tensor.exp { t.tensor.affine { product, mul = 1 / 203, name = "scaled" }, name = "soft" }, total = t.tensor.sum { z, name = "total" } }
  end,
}
]]

local checks = {}
local stop = false
-- Later checks stand on earlier ones: after a failure the rest is "not tried".
local function check(name, body)
  if stop then
    checks[#checks + 1] = { name = name, result = "not tried", text = "" }
    return
  end
  local ok, text = pcall(body)
  checks[#checks + 1] = { name = name, result = ok and "ok" or "FAIL", text = ok and text or tostring(text):gsub("^lua/drivers/doctor.lua:%d+: ", "") }
  stop = not ok
end

-- The first device that `wanted` may mean; which of several, engine/device/pick.c says.
local function pick()
  local all = tandem.devices()
  for _, d in ipairs(all) do
    local opencl = d.type ~= "native" and d.type ~= "ref"
    local named = opencl and wanted ~= "" and (d.id .. "\n" .. d.name):lower():find(wanted:lower(), 1, true)
    if d.id == wanted or d.type == wanted or named or opencl and (wanted == "" or wanted == "auto") then return d end
  end
  return (wanted == "" or wanted == "auto") and all[1] or nil
end

local device
local probed = {} -- what is known of the devices' arithmetic and peaks
local function run_checks()
  local path, db, made = os.tmpname(), os.tmpname(), nil
  local f = assert(io.open(path, "w"))
  f:write(pipeline_text)
  f:close()
  os.remove(db)
  local on, run, compared = wanted, nil, nil
  check("a device is found", function()
    device = pick()
    if not device then error(wanted == "" and "there is no device at all" or ("no device is called \"%s\"; `tandem devices` lists them"):format(wanted), 0) end
    on = wanted ~= "" and wanted or device.id
    return ("%s: %s"):format(device.id, device.name)
  end)
  check("kernels build", function()
    run = tandem.run { path, on = on, db = db, repeats = 5 }
    return ("in %.0f ms"):format((run.build_ns or 0) / 1e6)
  end)
  local function ask(sql) return tandem.query(sql, {}, db) end
  check("kernels launch", function()
    local n = ask("SELECT count(*) AS n FROM launch")[1].n
    if n == 0 then error("no launch was recorded", 0) end
    return ("%d launches of %d steps"):format(n, #ask "SELECT DISTINCT step FROM launch")
  end)
  check("data comes back as it went", function()
    compared = tandem.compare { path, on = { "native", on }, db = db }
    for _, r in ipairs(compared.agreement) do
      if r.step == "moved" and not r.bit_identical then error("a copied tensor has other bits on the device", 0) end
    end
    return "the same bits"
  end)
  check("a node of each family agrees", function()
    if compared.verdict ~= "AGREE" then error(("step %s is beyond its limit or breaks a promise"):format(compared.guilty or compared.unrepeatable or "?"), 0) end
    return compared.bit_identical and "bit-identical with native" or "within limits, with other bits than native"
  end)
  check("results repeat", function()
    if compared.unrepeatable then error(("step %s gives other bits when it is done over"):format(compared.unrepeatable), 0) end
    return ("%d times over, the same bits"):format(compared.repeats)
  end)
  check("the database keeps what happened", function()
    local state = ask("SELECT (SELECT count(*) FROM run WHERE code = 0) AS runs, (SELECT count(*) FROM value) AS made")[1]
    if state.runs < 3 or state.made == 0 then error("rows are missing", 0) end
    made = ("%d runs, %d outputs"):format(state.runs, state.made)
    return made
  end)
  check("clocks make sense", function()
    local bad = ask("SELECT count(*) AS n FROM v_launch WHERE kernel_ns < 0 OR host_ns < 0 OR kernel_ns > 1000000000")[1].n
    if bad > 0 then error(("%d launches end before they start, or take longer than a second"):format(bad), 0) end
    local over = ask([[SELECT count(*) AS n FROM run_repeat w WHERE w.repeat >= 0 AND w.wall_ns > 0 AND
      (SELECT sum(kernel_ns) FROM v_launch l WHERE l.run = w.run AND l.repeat = w.repeat) > 1.02 * w.wall_ns]])[1].n
    if over > 0 then error(("in %d repeats kernels took longer than the repeat"):format(over), 0) end
    return "kernel times are ordered and fit into wall time"
  end)
  -- what the first run found out about the device's arithmetic
  if run then
    for _, p in ipairs(ask "SELECT probe, value FROM v_personality WHERE bits AND verdict = 'other' ORDER BY device, probe") do
      find("personality", "note", ("%s: %s"):format(p.probe, p.value), "nothing to do: bits are not expected to be native's where this matters, and limits judge alone")
    end
    probed = ask [[SELECT p.device, sum(p.bits AND p.verdict = 'ok') AS ok, sum(p.bits AND p.verdict = 'other') AS other,
      max(CASE p.probe WHEN 'peak_flops' THEN p.number END) AS flops, max(CASE p.probe WHEN 'peak_bytes' THEN p.number END) AS bytes,
      max(CASE p.probe WHEN 'event_clock' THEN p.value END) AS clock, max(CASE p.probe WHEN 'profiling_ns' THEN p.number END) AS profiling
      FROM v_personality p GROUP BY p.device ORDER BY p.id]]
  end
  os.remove(path)
  for _, tail in ipairs { "", "-wal", "-shm" } do os.remove(db .. tail) end
end

-- -- the answer -------------------------------------------------------------------------------------------------

look_at_cpu()
look_at_load()
look_at_icds()
look_at_folders()
run_checks()

local score, worst = 100, "fine"
for _, f in ipairs(findings) do
  score = score - cost[f.severity]
  if f.severity ~= "note" and worst ~= "bad" then worst = f.severity end
end
local failed = 0
for _, c in ipairs(checks) do if c.result == "FAIL" then failed = failed + 1 end end
score = failed > 0 and 0 or math.max(score, 0)
local publishable = failed == 0 and worst == "fine"

if format == "json" then
  local function quote(s) return '"' .. tostring(s):gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"' end
  local function rows(all, keys)
    local out = {}
    for _, row in ipairs(all) do
      local cells = {}
      for _, k in ipairs(keys) do cells[#cells + 1] = quote(k) .. ": " .. quote(row[k]) end
      out[#out + 1] = "{" .. table.concat(cells, ", ") .. "}"
    end
    return "[" .. table.concat(out, ",\n    ") .. "]"
  end
  print(('{\n  "schema": "tandem/doctor/1",\n  "device": %s,\n  "score": %d,\n  "publishable": %s,\n  "checks": %s,\n  "findings": %s,\n  "personalities": %s\n}'):format(
    device and quote(device.id) or "null", score, publishable, rows(checks, { "name", "result", "text" }), rows(findings, { "code", "severity", "text", "remedy" }), rows(probed, { "device", "ok", "other", "flops", "bytes", "clock" })))
else
  for _, c in ipairs(checks) do print(("%-10s %-34s %s"):format(c.result, c.name, c.text)) end
  if #probed > 0 then print() end
  for _, p in ipairs(probed) do
    print(("%s: %d probes of its bits as on native, %d otherwise; event clock %s; %.3g operations/s and %.3g bytes/s at best%s"):format(
      p.device, p.ok, p.other, p.clock, p.flops, p.bytes, p.profiling and ("; profiling costs %.0f ns a launch"):format(p.profiling) or ""))
  end
  if #findings > 0 then print() end
  for _, f in ipairs(findings) do print(("%-10s %s\n           remedy: %s"):format(f.severity, f.text, f.remedy)) end
  print(("\nscore %d of 100: %s"):format(score, failed > 0 and "the device does not work" or publishable and "fit to publish measurements from" or "it works; times from here deserve the remarks above"))
end
if failed > 0 then error(setmetatable({ code = 4, text = ("%d self-check failed"):format(failed) }, { __tostring = function(e) return e.text end })) end
