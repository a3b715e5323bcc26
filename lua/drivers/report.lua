-- tandem report [SESSION|run:RUN]: what a session found, as one page that needs nothing else: no network, no script.
-- Arguments: format (html, md, csv, json), file ("": stdout), session, or run:NUMBER for that of a run ("": the last comparison or run).
local tandem = require "tandem"
local charts, pictures, shown = require "drivers.charts", require "drivers.pictures", require "drivers.shown"

local format, file, session = arg[1], arg[2], arg[3]

local function fail(code, text) error(setmetatable({ code = code, text = text }, { __tostring = function(e) return e.text end })) end
local function query(sql, ...) return (tandem.query(sql, { ... })) end

if session == "" then
  local last = query [[SELECT max(s.id) AS id FROM session s JOIN run r ON r.session = s.id
    WHERE s.command = 'run' OR EXISTS (SELECT 1 FROM agreement a WHERE a.run = r.id)]][1]
  if not last.id then fail(2, ("there is no comparison and no run in %s: `tandem compare PIPELINE --on native,cpu` makes one"):format(tandem.db)) end
  session = tostring(last.id)
end
local of_run = session:match "^run:(%d+)$"
if of_run then
  local r = query("SELECT session FROM run WHERE id = ?1", of_run)[1]
  if not r then fail(2, ("there is no run %s in %s; `tandem query last` lists them"):format(of_run, tandem.db)) end
  session = tostring(r.session)
end
if not session:match "^%d+$" then fail(2, ("report takes the number of a session, or run:NUMBER, not \"%s\"; `tandem query sessions` and `tandem query last` list them"):format(session)) end

-- -- what the database holds -------------------------------------------------------------------------

local S = query("SELECT * FROM session WHERE id = ?1", session)[1]
if not S then fail(2, ("there is no session %s in %s; `tandem query sessions` lists them"):format(session, tandem.db)) end
local compared = S.command ~= "run"
local lanes = query([[SELECT r.*, d.name AS device_id, d.model, d.driver, d.f64, g.name AS pipeline_name, g.sha256 AS graph_sha, g.id AS graph_id
  FROM run r JOIN device d ON d.id = r.device JOIN plan p ON p.id = r.plan JOIN graph g ON g.id = p.graph
  WHERE r.session = ?1 AND (?2 = 'run' OR EXISTS (SELECT 1 FROM agreement a WHERE a.run = r.id)) ORDER BY r.number]], session, S.command)
if #lanes == 0 then fail(2, ("session %s compared nothing; `tandem query sessions` lists them"):format(session)) end
local rows = query("SELECT * FROM v_agreement WHERE session = ?1 ORDER BY pass, number, run, turn", session)
local speed = query("SELECT * FROM v_speedup WHERE session = ?1 ORDER BY b, what", session)
local controls = query("SELECT * FROM v_control WHERE session = ?1", session)
local protocol = query("SELECT * FROM protocol WHERE session = ?1", session)[1]
local pairs_ = query("SELECT * FROM v_pair WHERE session = ?1 AND a <> b AND ratio IS NOT NULL ORDER BY b, pair", session)
local lost = query("SELECT * FROM v_lost WHERE session = ?1", session)
local profiles = query([[SELECT r.id, r.asked, r.number FROM run r WHERE r.session = ?1 AND r.repeats > 1
  AND NOT EXISTS (SELECT 1 FROM timed t WHERE t.run = r.id) ORDER BY r.number]], session)
if not compared then profiles = lanes end
local made = query("SELECT output, dtype, dims, sha256, n, n_nan, n_inf, min, max, mean FROM value WHERE run = ?1 AND output IS NOT NULL ORDER BY output", tostring(lanes[1].id))
local splits = query([[SELECT device, avg(upload_ms) AS upload, avg(kernel_ms) AS kernel, avg(download_ms) AS download, avg(max(host_ms, 0)) AS host,
  avg(wall_ms) AS wall, min(accounted) AS accounted, avg(build_ms) AS build, avg(first_ms) AS first, count(*) AS n
  FROM v_split s JOIN timed t ON t.run = s.run WHERE s.session = ?1 AND t.a <> t.b GROUP BY device]], session)
local repeated = query([[SELECT min(repeats) AS repeats, count(DISTINCT CASE verdict WHEN 'BROKEN' THEN step END) AS broken
  FROM v_repeatability WHERE session = ?1 HAVING count(*) > 0]], session)
local unlike = query([[SELECT DISTINCT r.asked, b.probe, b.value FROM run r JOIN session s ON s.id = r.session
  JOIN personality p ON p.device = r.device AND p.environment = s.environment JOIN probe b ON b.personality = p.id
  WHERE r.session = ?1 AND b.bits AND b.verdict = 'other' AND b.probe NOT LIKE 'td!_%' ESCAPE '!' AND EXISTS (SELECT 1 FROM agreement a WHERE a.run = r.id)]], session)
local stale = query("SELECT DISTINCT device FROM v_stale WHERE session = ?1", session)
local suspect = query("SELECT * FROM v_roofline WHERE session = ?1 AND verdict = 'SUSPECT' ORDER BY run, number", session)
local environment = query("SELECT field, value FROM environment_field WHERE environment = ?1 ORDER BY field", tostring(S.environment))
local tolerated = query("SELECT name, node, tol_factor, tol_reason FROM step WHERE graph = ?1 AND tol_factor > 1", tostring(lanes[1].graph_id))
local graph_text = query("SELECT content FROM text WHERE sha256 = ?1", lanes[1].graph_sha)[1].content

local base = lanes[1].asked
local failed = {}
for _, r in ipairs(rows) do if r.pass == 0 then failed[#failed + 1] = r end end
local ended = S.code == 0 or S.code == 1 -- otherwise it broke off: what there is of it proves nothing
local bits = ended
for _, r in ipairs(rows) do bits = bits and r.bit_identical == 1 end
local agree = #failed == 0 and S.code == 0
local broke_off = not ended and ("It broke off: %s"):format(S.error or "it was ended from outside, or is still running") or nil

local function num(x, digits) return x == nil and "–" or ("%." .. (digits or 3) .. "g"):format(x) end
local function ratio(s) return s.speedup == nil and "no result" or ("%.3g× (%.3g to %.3g)"):format(s.value, s.low_raw, s.high_raw) end

-- One sentence a candidate.
local function headline()
  local out = {}
  for _, s in ipairs(speed) do
    if s.what == "end_to_end" then
      local kernel
      for _, k in ipairs(speed) do if k.b == s.b and k.what == "kernel_only" then kernel = k end end
      local words = { FASTER = "is faster than", SLOWER = "is slower than", SAME = "is as fast as", UNDECIDED = "could not be told from" }
      out[#out + 1] = ("%s %s %s: %s end to end, %s for the kernels alone, from %d pairs%s."):format(s.candidate, words[s.verdict], base, ratio(s),
        kernel and ratio(kernel) or "–", s.pairs, s.why ~= "" and " (" .. s.why .. ")" or "")
    end
  end
  return out
end

local function methods()
  local t = {}
  if not compared then
    return { "This was one run on one device: nothing says yet that its results are right. `tandem compare` holds each step on each device against a reference in double precision." }
  end
  t[#t + 1] = ("Every output of every step on every device was held against a reference that computes in double precision on the same inputs; limits follow from the dtype, the length of each sum and the data's own magnitudes. %d comparisons were made, %d failed%s."):format(
    #rows, #failed, bits and ", and all outputs have the same bits on all devices" or "")
  if repeated[1] then
    t[#t + 1] = repeated[1].broken > 0 and ("Done over %d times, %d steps gave other bits although they promise the same."):format(repeated[1].repeats, repeated[1].broken) or
      ("Everything was done over %d times on each device, and every step kept the bits that it promises to keep."):format(repeated[1].repeats)
  end
  for _, u in ipairs(unlike) do t[#t + 1] = ("%s rounds otherwise than C does (%s: %s), so there only limits count, not bits."):format(u.asked, u.probe, u.value) end
  for _, l in ipairs(lanes) do
    if l.f64 == 0 then t[#t + 1] = l.asked .. " has no double precision: what steps compute in double is made of integers there, rounded the same way." end
  end
  if #tolerated > 0 then
    local names = {}
    for _, x in ipairs(tolerated) do names[#names + 1] = ("%s by %g (%s)"):format(x.name, x.tol_factor, x.tol_reason or "no reason given") end
    t[#t + 1] = "The pipeline widens limits: " .. table.concat(names, "; ") .. "."
  else
    t[#t + 1] = "No limit was widened."
  end
  if protocol then
    local n = 0
    for _, s in ipairs(speed) do n = math.max(n, s.pairs) end
    t[#t + 1] = ("Times are from %d pairs of runs, each run a process of its own that warmed up until its times were steady and then took %.2g s of samples. Pairs ran in blocks AB BA or BA AB, by a coin (seed %d); the median counts inside a run, the mean of log ratios across pairs; intervals are 95 %% t intervals, and a verdict needs the exact signed-rank interval to agree. Within %g %% counts as the same. It stopped because: %s."):format(
      n, protocol.sample_s, protocol.seed, 100 * protocol.margin, protocol.stop)
    t[#t + 1] = #controls > 0 and ("Each device was also paired with itself, %d times: the session is %s."):format(controls[1].pairs, protocol.biased == 1 and "biased and decides nothing" or "not biased") or
      "The comparison is a control: a device beside itself."
    if #lost > 0 then t[#t + 1] = ("%d runs were lost."):format(#lost) end
  else
    t[#t + 1] = "Nothing was timed" .. (agree and "." or ended and ", because results do not agree." or ", because it broke off.")
  end
  return t
end

-- -- the graph as a picture ------------------------------------------------------------------------------

local function read_steps()
  local maker, steps = {}, {}
  for line in graph_text:gmatch "[^\n]+" do
    local left, node, inputs, rest = line:match "^(%%.-) = ([%w_]+%.[%w_]+)@%d+%((.-)%)(.*)$"
    if left then
      local step = { name = rest:match 'as "(.-)"', node = node, stage = rest:match 'stage "(.-)"', inputs = {}, level = 0 }
      for v in inputs:gmatch "%%%d+" do if maker[v] then step.inputs[maker[v]] = true end end
      for v in left:gmatch "%%%d+" do maker[v] = step end
      steps[#steps + 1] = step
    else
      local carry, init = line:match "^(%%%d+) = carry (%%%d+)"
      if carry then maker[carry] = maker[init] end
    end
  end
  for _, s in ipairs(steps) do for from in pairs(s.inputs) do s.level = math.max(s.level, from.level + 1) end end
  return steps
end

local function share_of_time()
  local share, run = {}, profiles[#profiles] or lanes[#lanes]
  local times, total = query("SELECT step, median_ns FROM v_step_time WHERE run = ?1", tostring(run.id)), 0
  for _, t in ipairs(times) do total = total + t.median_ns end
  for _, t in ipairs(times) do share[t.step] = total > 0 and t.median_ns / total or 0 end
  return share, run.asked
end

local function esc(s) return (tostring(s):gsub("[&<>\"]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" })) end

local function graph_picture()
  local steps, share, device = read_steps(), share_of_time()
  if #steps == 0 or #steps > 60 then return nil, ("The graph has %d steps, too many for a picture."):format(#steps) end
  local class = {}
  for _, r in ipairs(rows) do
    if r.pass == 0 then class[r.step] = "bad" elseif r.bit_identical == 0 then class[r.step] = class[r.step] or "other" end
  end
  return charts.graph(steps, share, class, device), ("Darker: a larger share of the kernel time on %s. %s"):format(device,
    compared and "Green frame: the same bits on all devices; amber: other bits within limits; red: beyond its limit." or "")
end

-- Pictures of outputs: what the pipeline says of them, what the baseline made.
local drawn = shown.pictures(query, tostring(lanes[1].id), graph_text)

-- Where the outputs' error comes from: the steps with the largest shares.
local function blame_words(lane)
  local said = {}
  for _, b in ipairs(query("SELECT step, percent FROM v_error_share WHERE run = ?1 AND percent >= 5 ORDER BY share DESC LIMIT 3", tostring(lane.id))) do
    said[#said + 1] = ("%.0f %% from %s"):format(b.percent, b.step)
  end
  return #said > 0 and " Of the outputs' error, as it is amplified on its way, " .. table.concat(said, ", ") .. "." or ""
end

-- Errors along the graph, on the last device.
local function error_plot()
  local lane = lanes[#lanes]
  local svg = charts.errors(query([[SELECT step, number, max(isolated) AS isolated, max(propagated) AS propagated, max(accumulated) AS accumulated,
    max(amplification) AS amplification FROM v_error WHERE run = ?1 GROUP BY number ORDER BY number]], tostring(lane.id)), lane.asked)
  return svg, ("Relative errors of the steps on %s; steps without a dot are exact.%s"):format(lane.asked, blame_words(lane))
end

-- -- tables: a list of headings, rows of cells; both forms are made from them ---------------------------------

-- The stages of one warm run: median, p95, and the share of the median that the roofline of its steps explains.
local function stages_of(run)
  local by, order = {}, {}
  for _, r in ipairs(query([[SELECT coalesce(s.stage, 'other') AS stage, sum(coalesce(l.kernel_ns, l.host_ns)) AS ns
    FROM launch l JOIN run r ON r.id = l.run JOIN plan p ON p.id = r.plan JOIN step s ON s.graph = p.graph AND s.step = l.step
    WHERE l.run = ?1 AND l.repeat >= 0 GROUP BY s.stage, l.repeat ORDER BY min(l.step)]], run)) do
    if not by[r.stage] then
      by[r.stage] = { times = {} }
      order[#order + 1] = r.stage
    end
    table.insert(by[r.stage].times, r.ns)
  end
  for _, r in ipairs(query("SELECT coalesce(stage, 'other') AS stage, sum(bound_ns) AS bound FROM v_roofline WHERE run = ?1 GROUP BY 1", run)) do by[r.stage].bound = r.bound end
  for _, s in pairs(by) do
    local t = s.times
    table.sort(t)
    s.median = #t % 2 == 1 and t[#t // 2 + 1] or (t[#t // 2] + t[#t // 2 + 1]) / 2
    s.p95 = t[math.max(1, math.ceil(0.95 * #t))]
  end
  return by, order
end

-- A stage's agreement: the worst output of its steps on any device.
local function stage_agreement()
  local worst = {}
  for _, r in ipairs(rows) do
    local name, w = r.stage or "other", worst[r.stage or "other"] or { share = 0, bits = 1 }
    worst[name] = w
    w.share, w.bits, w.failed = math.max(w.share, r.of_bound or 0), math.min(w.bits, r.bit_identical), w.failed or r.pass == 0
  end
  return function(name)
    local w = worst[name]
    return not w and "–" or w.failed and "FAIL" or w.bits == 1 and "same bits" or ("%.0f %% of the limit"):format(100 * w.share)
  end
end

local function stage_table()
  local columns, all, order = { "stage" }, {}, {}
  for i, p in ipairs(profiles) do
    for _, name in ipairs { ", ms", "p95, ms", "of roofline" } do columns[#columns + 1] = name == ", ms" and p.asked .. name or name end
    all[i], order = stages_of(tostring(p.id))
  end
  if #profiles > 1 then columns[#columns + 1] = "ratio" end
  columns[#columns + 1] = "agreement"
  local out, agreement = {}, stage_agreement()
  for _, name in ipairs(order) do
    local row = { name }
    for i in ipairs(profiles) do
      local s = all[i][name] or {}
      row[#row + 1] = num(s.median and s.median / 1e6, 4)
      row[#row + 1] = num(s.p95 and s.p95 / 1e6, 4)
      row[#row + 1] = s.bound and s.median > 0 and ("%.3g %%"):format(100 * s.bound / s.median) or "–"
    end
    if #profiles > 1 then
      local a, b = all[1][name], all[#profiles][name]
      row[#row + 1] = a and b and b.median > 0 and ("%.2f×"):format(a.median / b.median) or "–"
    end
    row[#row + 1] = agreement(name)
    out[#out + 1] = row
  end
  return columns, out
end

-- The worst turn of each output of each step on each device; rows come with failures first.
local function error_table()
  local out, seen = {}, {}
  local function worst(r)
    local key = r.run .. "/" .. r.number .. "/" .. r.value
    local known = seen[key]
    if not known then
      seen[key] = setmetatable({ bit_identical = r.bit_identical }, { __index = r })
      return true
    end
    known.bit_identical = math.min(known.bit_identical, r.bit_identical)
    for _, name in ipairs { "of_bound", "max_abs", "acc_max_abs" } do
      if r[name] and (not known[name] or r[name] > known[name]) then known[name] = r[name] end
    end
  end
  local lines = {}
  for _, r in ipairs(rows) do
    if worst(r) then lines[#lines + 1] = seen[r.run .. "/" .. r.number .. "/" .. r.value] end
  end
  for _, r in ipairs(lines) do
    out[#out + 1] = { r.step, r.value, r.device, r.kind, r.kind == "decision" and ("%d flips, %d at risk"):format(r.flips, r.at_risk) or r.of_bound and ("%.0f %%"):format(100 * r.of_bound) or r.worst == 0 and "0 %" or "–",
      num(r.max_abs), num(r.acc_max_abs), r.bit_identical == 1 and "same" or "other", r.pass == 1 and "ok" or r.promised == 1 and r.bit_identical == 0 and "FAIL: D3" or "FAIL" }
  end
  return { "step", "value", "device", "limit", "of the limit", "isolated error", "accumulated", "bits", "" }, out
end

local function speed_table()
  local out = {}
  for _, s in ipairs(speed) do
    out[#out + 1] = { s.candidate, s.what == "end_to_end" and "end to end" or "kernels only", ratio(s), tostring(s.pairs), s.what == "end_to_end" and num(s.baseline_ms, 4) or "–", s.what == "end_to_end" and num(s.candidate_ms, 4) or "–", s.verdict }
  end
  for _, c in ipairs(controls) do out[#out + 1] = { c.device, "control: beside itself", c.ratio and ("%.4g× (%.4g to %.4g)"):format(c.ratio, c.low, c.high) or "no result", tostring(c.pairs), "–", "–", c.holds } end
  return { "device", "what", "speed-up over " .. base, "pairs", base .. ", ms", "device, ms", "verdict" }, out
end

local function environment_table()
  local wanted, out = { "cpu_model", "processors_usable", "memory_total", "kernel_release", "libc", "compiler", "tandem_version", "tandem_commit", "container", "smt_active" }, {}
  local by = {}
  for _, f in ipairs(environment) do by[f.field] = f.value end
  for _, l in ipairs(lanes) do out[#out + 1] = { l.asked, ("%s, %s, driver %s"):format(l.device_id, l.model, l.driver == "" and "–" or l.driver) } end
  for _, name in ipairs(wanted) do if by[name] then out[#out + 1] = { name:gsub("_", " "), by[name] } end end
  out[#out + 1] = { "graph", lanes[1].graph_sha }
  out[#out + 1] = { "command", "tandem " .. S.arguments }
  out[#out + 1] = { "started", S.started_at }
  return { "what", "" }, out
end

-- -- Markdown, CSV, JSON ------------------------------------------------------------------------------------------

local function md_table(columns, body)
  local o = { "| " .. table.concat(columns, " | ") .. " |", "|" .. ("---|"):rep(#columns) }
  for _, row in ipairs(body) do o[#o + 1] = "| " .. table.concat(row, " | "):gsub("\n", " ") .. " |" end
  return table.concat(o, "\n")
end

local function output_table()
  local out = {}
  for _, v in ipairs(made) do
    out[#out + 1] = { v.output, v.dtype .. " " .. v.dims, num(v.min, 4), num(v.max, 4), num(v.mean, 4), v.n_nan + v.n_inf == 0 and "–" or ("%d NaN, %d Inf"):format(v.n_nan, v.n_inf), v.sha256:sub(1, 12) }
  end
  return { "output", "type", "least", "largest", "mean", "not finite", "SHA-256" }, out
end

local function verdict_line()
  if not compared then return lanes[1].code == 0 and "ran" or "failed" end
  if not ended then return "NO VERDICT" end
  return (agree and "AGREE" or "DISAGREE") .. (bits and ", bit-identical" or "")
end

local function markdown()
  local o = { ("## %s: %s\n"):format(lanes[1].pipeline_name, verdict_line()) }
  if broke_off then o[#o + 1] = broke_off .. "\n" end
  for _, line in ipairs(headline()) do o[#o + 1] = "- " .. line end
  if #failed > 0 then o[#o + 1] = ("\n**First step beyond its limit: %s** (%s on %s)\n"):format(failed[1].step, failed[1].value, failed[1].device) end
  if #speed > 0 then o[#o + 1] = "\n" .. md_table(speed_table()) end
  o[#o + 1] = "\n" .. md_table(output_table()) .. "\n"
  for _, p in ipairs(drawn) do o[#o + 1] = "- " .. p.words end
  if #profiles > 0 then o[#o + 1] = "\n" .. md_table(stage_table()) end
  if compared then o[#o + 1] = "\n<details><summary>Agreement, step by step</summary>\n\n" .. md_table(error_table()) .. "\n\n</details>\n" end
  o[#o + 1] = table.concat(methods(), " ")
  return table.concat(o, "\n") .. "\n"
end

local function plain(form)
  local rowsets = compared and { { "agreement", error_table() }, { "speedup", speed_table() } } or { { "output", output_table() } }
  local o = {}
  for _, set in ipairs(rowsets) do
    local columns, body = set[2], set[3]
    for _, row in ipairs(body) do
      if form == "csv" then
        local cells = { set[1] }
        for _, c in ipairs(row) do cells[#cells + 1] = '"' .. tostring(c):gsub('"', '""') .. '"' end
        o[#o + 1] = table.concat(cells, ",")
      else
        local cells = { ('"table": "%s"'):format(set[1]) }
        for i, c in ipairs(row) do cells[#cells + 1] = ("%q: %s"):format(columns[i], '"' .. tostring(c):gsub('[%c"\\]', function(k) return ("\\u%04x"):format(k:byte()) end) .. '"') end
        o[#o + 1] = "{" .. table.concat(cells, ", ") .. "}"
      end
    end
  end
  return form == "csv" and table.concat(o, "\n") .. "\n" or
    ('{"schema": "tandem/report/1", "session": %s, "verdict": %s, "bit_identical": %s, "rows": [\n%s\n]}\n'):format(session, not (compared and ended) and "null" or agree and '"AGREE"' or '"DISAGREE"', compared and ended and tostring(bits) or "null", table.concat(o, ",\n"))
end

-- -- HTML -----------------------------------------------------------------------------------------------------------

local style = [[
:root{--bg:#fff;--fg:#1b242d;--soft:#5a6b7b;--line:#d5dde4;--good:#1a7f4b;--warn:#b7791f;--bad:#c0392b;--accent:#2b6cb0;--band:#2b6cb033}
@media(prefers-color-scheme:dark){:root{--bg:#12171c;--fg:#e3eaf1;--soft:#9db0c0;--line:#2c3742;--good:#4cc38a;--warn:#e0a84a;--bad:#ff7b6b;--accent:#6cb2f5;--band:#6cb2f533}}
*{box-sizing:border-box}body{margin:0 auto;padding:1.2rem;max-width:60rem;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.15rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--line)}
.verdict{display:inline-block;padding:.15rem .7rem;border-radius:.4rem;font-weight:700;color:var(--bg);background:var(--good)}.verdict.no{background:var(--bad)}
.soft{color:var(--soft)}.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem;min-width:100%}th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid var(--line);white-space:nowrap}td.wrap{white-space:normal;overflow-wrap:anywhere}
td.ok{color:var(--good)}td.FAIL{color:var(--bad);font-weight:700}.alarm{border-left:4px solid var(--bad);padding:.3rem .8rem;margin:1rem 0}
svg{width:100%;height:auto;display:block}svg text{fill:var(--fg);font-size:13px}svg .small{fill:var(--soft);font-size:11px}
.dag rect{fill:var(--bg);stroke:var(--good);stroke-width:1.6}.dag .other rect{stroke:var(--warn)}.dag .bad rect{stroke:var(--bad);stroke-width:3}.dag rect.heat{fill:var(--accent);stroke:none}.edge{fill:none;stroke:var(--soft);stroke-width:1.2}
.band{fill:var(--band)}.one{stroke:var(--soft);stroke-dasharray:4 3}.mean{stroke:var(--accent);stroke-width:1.6}.dot{fill:var(--accent)}.error1{fill:#2b6cb0}.error2{fill:#d08a2e}.error3{fill:none;stroke:var(--fg);stroke-width:1.4}.part1{fill:#7fb3e6}.part2{fill:#2b6cb0}.part3{fill:#8fd0b0}.part4{fill:#c3ccd4}
]] .. pictures.style .. [[
@media print{body{max-width:none;font-size:11pt}h2{break-after:avoid}svg,table{break-inside:avoid}}]]

local function html_table(columns, body, wrap)
  local o = { '<div class="wide"><table><thead><tr>' }
  for _, c in ipairs(columns) do o[#o + 1] = "<th>" .. esc(c) .. "</th>" end
  o[#o + 1] = "</tr></thead><tbody>"
  for _, row in ipairs(body) do
    o[#o + 1] = "<tr>"
    for i, c in ipairs(row) do
      local class = c == "ok" and ' class="ok"' or tostring(c):match "^FAIL" and ' class="FAIL"' or wrap and i > 1 and ' class="wrap"' or ""
      o[#o + 1] = ("<td%s>%s</td>"):format(class, esc(c))
    end
    o[#o + 1] = "</tr>"
  end
  o[#o + 1] = "</tbody></table></div>"
  return table.concat(o)
end

local function html()
  local o = {}
  local function add(...) o[#o + 1] = table.concat({ ... }) end
  local function section(title, ...) add("<h2>", title, "</h2>", ...) end
  local devices = {}
  for _, l in ipairs(lanes) do devices[#devices + 1] = l.asked end
  add('<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>', esc(lanes[1].pipeline_name), ": ", verdict_line(), "</title><style>", style, "</style></head><body>")
  add('<p class="soft">tandem · session ', session, " · ", esc(S.started_at), "</p><h1>", esc(lanes[1].pipeline_name), ": ", esc(table.concat(devices, " beside ")), "</h1>")
  add('<p><span class="verdict', agree and "" or " no", '">', verdict_line(), "</span></p>")
  if broke_off then add('<div class="alarm">', esc(broke_off), "</div>") end
  for _, line in ipairs(headline()) do add("<p>", esc(line), "</p>") end
  if #failed > 0 then add('<div class="alarm">First step beyond its limit: <b>', esc(failed[1].step), "</b>, value ", esc(failed[1].value), " on ", esc(failed[1].device), ". No speed-up is stated.</div>") end
  if #stale > 0 then add('<div class="alarm">', esc(stale[1].device), " rounds otherwise now than it did then: this agreement says nothing about it as it is.</div>") end
  if protocol and protocol.biased == 1 then add '<div class="alarm">The session is biased: a device beside itself does not come out as 1. Nothing is decided.</div>' end
  for _, l in ipairs(lost) do add('<div class="alarm">A run on ', esc(l.device), " was lost: ", esc(l.error), "</div>") end
  if #drawn > 0 then
    section "Results"
    for _, p in ipairs(drawn) do
      add('<figure class="pic" style="margin-left:0;margin-right:0"><h3>', esc(p.title), "</h3>", p.svg and '<div class="wide">' .. p.svg .. "</div>" or "", '<figcaption class="soft">', esc(p.words), ".</figcaption></figure>")
    end
  end
  if not compared then section("Outputs", html_table(output_table())) end
  if #speed > 0 then
    section("Speed", html_table(speed_table()))
    for _, s in ipairs(speed) do if s.what == "end_to_end" then add(charts.ratios(s, pairs_)) end end
  end
  local svg, words = graph_picture()
  section("The graph", svg or "", '<p class="soft">', esc(words), "</p>")
  if #profiles > 0 then
    section("Stages", html_table(stage_table()), '<p class="soft">Kernel time over the repeats of one warm run a device: median and 95th percentile. Of roofline: the share of the median that the operations and bytes of its steps need at the device\'s measured peaks.</p>')
    for _, x in ipairs(suspect) do add('<div class="alarm">SUSPECT: step <b>', esc(x.step), "</b> on ", esc(x.asked), (" took %.4g ms, and %s alone need %.4g ms at the device's peaks: its cost is wrong, or work was not done."):format(x.median_ms, x.bound_by, x.bound_ms), "</div>") end
  end
  if #splits > 0 then
    local note = {}
    for _, s in ipairs(splits) do note[#note + 1] = ("%s: kernels built in %s ms, first execution %s ms%s"):format(s.device, num(s.build), num(s.first), s.accounted == 0 and ", unaccounted: parts exceed the wall time" or "") end
    section("Where the time goes", charts.splits(splits), '<p class="soft">Means over all samples. ', esc(table.concat(note, "; ")), ".</p>")
  end
  local plot, plot_words = error_plot()
  if plot then section("Errors along the graph", plot, '<p class="soft">', esc(plot_words), "</p>") end
  if compared then section("Agreement, step by step", html_table(error_table()), '<p class="soft">Isolated: against the reference in double on the very inputs the device had. Accumulated: against the reference\'s own course through the whole graph.</p>') end
  section("Environment", html_table(select(1, environment_table()), select(2, environment_table()), true))
  section("Method", "<p>", esc(table.concat(methods(), " ")), "</p>")
  add "</body></html>\n"
  return table.concat(o)
end

-- -- out -------------------------------------------------------------------------------------------------------------

local text = format == "html" and html() or format == "md" and markdown() or plain(format)
if file == "" then
  io.write(text)
else
  local f, why = io.open(file, "wb")
  if not f or not f:write(text) or not f:close() then fail(4, ("cannot write %s: %s"):format(file, why or "disk full?")) end
end
