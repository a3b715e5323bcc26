-- Draws what a session measured as SVG that needs nothing else: the graph, paired ratios, where time goes, errors. Data comes in, text goes out.
local charts = {}

local function esc(s) return (tostring(s):gsub("[&<>\"]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" })) end

-- Steps { name, node, level, inputs = { step = true } } as boxes; `share` of the time and `class` (same, other, bad) by the name of the step.
function charts.graph(steps, share, class, device)
  local columns, W, H, X, Y = {}, 150, 44, 190, 62
  local most = 0
  for _, s in ipairs(steps) do
    columns[s.level] = (columns[s.level] or 0) + 1
    s.x, s.y = 10 + s.level * X, 10 + (columns[s.level] - 1) * Y
    most = math.max(most, columns[s.level])
  end
  local levels = 0
  for level in pairs(columns) do levels = math.max(levels, level) end
  local width, height, o = 20 + levels * X + W, 20 + most * Y, {}
  o[#o + 1] = ('<svg class="dag" viewBox="0 0 %d %d" style="max-width:%dpx" role="img" aria-label="the graph: %d steps, coloured by their share of time on %s">'):format(width, height, width, #steps, esc(device))
  for _, s in ipairs(steps) do
    for from in pairs(s.inputs) do
      o[#o + 1] = ('<path class="edge" d="M%d %dC%d %d %d %d %d %d"/>'):format(from.x + W, from.y + H / 2 // 1, from.x + W + 25, from.y + H / 2 // 1, s.x - 25, s.y + H / 2 // 1, s.x, s.y + H / 2 // 1)
    end
  end
  for _, s in ipairs(steps) do
    local p = share[s.name] or 0
    o[#o + 1] = ('<g class="%s"><title>%s: %s, %.1f %% of the kernel time on %s</title><rect x="%d" y="%d" width="%d" height="%d" rx="6"/><rect class="heat" x="%d" y="%d" width="%d" height="%d" rx="6" style="opacity:%.2f"/><text x="%d" y="%d">%s</text><text class="small" x="%d" y="%d">%s · %.0f %%</text></g>'):format(
      class[s.name] or "same", esc(s.name), esc(s.node), 100 * p, esc(device), s.x, s.y, W, H, s.x, s.y, W, H, 0.08 + 0.75 * p, s.x + 10, s.y + 19, esc(s.name:sub(1, 18)), s.x + 10, s.y + 35, esc(s.node:sub(1, 16)), 100 * p)
  end
  o[#o + 1] = "</svg>"
  return table.concat(o)
end

-- Paired ratios of one candidate (a row of v_speedup, rows of v_pair): a dot a pair, the interval as a band, 1 and the margin as lines.
function charts.ratios(s, pairs_)
  local points, lo, hi = {}, 1 / 1.03, 1.03
  for _, p in ipairs(pairs_) do
    if p.b == s.b then
      points[#points + 1] = p
      lo, hi = math.min(lo, p.ratio), math.max(hi, p.ratio)
    end
  end
  if #points == 0 or not s.speedup then return "" end
  lo, hi = math.log(lo) - 0.03, math.log(hi) + 0.03
  local W, H = 640, 190
  local function y(r) return 15 + (hi - math.log(r)) / (hi - lo) * (H - 45) end
  local function x(i) return 60 + (i - 0.5) * (W - 75) / #points end
  local o = { ('<svg class="plot" viewBox="0 0 %d %d" role="img" aria-label="ratios of %d pairs, %s over %s: speed-up %.3g× (%.3g to %.3g)">'):format(W, H, #points, esc(s.candidate), esc(s.baseline), s.value, s.low_raw, s.high_raw) }
  local function line(r, class, label)
    o[#o + 1] = ('<line class="%s" x1="55" x2="%d" y1="%.1f" y2="%.1f"/><text class="small" x="8" y="%.1f">%s</text>'):format(class, W - 10, y(r), y(r), y(r) + 4, label)
  end
  o[#o + 1] = ('<rect class="band" x="55" width="%d" y="%.1f" height="%.1f"/>'):format(W - 65, y(s.high_raw), math.max(1, y(s.low_raw) - y(s.high_raw)))
  line(1, "one", "1×")
  line(s.value, "mean", ("%.3g×"):format(s.value))
  for i, p in ipairs(points) do
    o[#o + 1] = ('<circle class="dot" cx="%.1f" cy="%.1f" r="3.5"><title>pair %d: %.3f, %s ran %s</title></circle>'):format(x(i), y(p.ratio), p.pair, p.ratio, esc(s.baseline), p.baseline_ran)
  end
  o[#o + 1] = ('<text class="small" x="%d" y="%d">pairs in the order they ran; band: 95 %% interval; above 1×: %s is faster</text></svg>'):format(60, H - 8, esc(s.candidate))
  return table.concat(o)
end

local parts = { { "upload", "upload" }, { "kernel", "kernels" }, { "download", "download" }, { "host", "host and waiting" } }

-- What a run's time goes into, a bar a device: { device, upload, kernel, download, host, wall }, all in ms.
function charts.splits(splits)
  local o, most = {}, 0
  for _, s in ipairs(splits) do most = math.max(most, s.upload + s.kernel + s.download + s.host) end
  if most == 0 then return "" end
  o[#o + 1] = ('<svg class="plot" viewBox="0 0 640 %d" role="img" aria-label="where the time of a run goes, by device">'):format(30 + 34 * #splits)
  for i, s in ipairs(splits) do
    local x, y = 120, 8 + 34 * (i - 1)
    o[#o + 1] = ('<text x="8" y="%d">%s</text>'):format(y + 16, esc(s.device))
    for k, part in ipairs(parts) do
      local w = s[part[1]] / most * 420
      o[#o + 1] = ('<rect class="part%d" x="%.1f" y="%d" width="%.1f" height="22"><title>%s: %.4g ms</title></rect>'):format(k, x, y, math.max(w, 0.5), part[2], s[part[1]])
      x = x + w
    end
    o[#o + 1] = ('<text class="small" x="%.1f" y="%d">%.4g ms</text>'):format(x + 6, y + 16, s.wall)
  end
  local x = 120
  for k, part in ipairs(parts) do
    o[#o + 1] = ('<rect class="part%d" x="%d" y="%d" width="11" height="11"/><text class="small" x="%d" y="%d">%s</text>'):format(k, x, 14 + 34 * #splits, x + 16, 24 + 34 * #splits, part[2])
    x = x + 40 + 7 * #part[2]
  end
  o[#o + 1] = "</svg>"
  return table.concat(o)
end

local kinds = { { "isolated", "own" }, { "propagated", "went on" }, { "accumulated", "both" } }

-- Errors along the graph { step, isolated, propagated, accumulated, amplification }, relative to the oracle's norm, on a logarithmic scale.
-- Nothing to draw: nil.
function charts.errors(points, device)
  local lo, hi = math.huge, -math.huge
  for _, r in ipairs(points) do
    for _, k in ipairs(kinds) do
      local e = r[k[1]]
      if e and e > 0 and e < math.huge then lo, hi = math.min(lo, e), math.max(hi, e) end
    end
  end
  if lo > hi or #points > 200 then return nil end
  lo, hi = math.floor(math.log(lo, 10)), math.ceil(math.log(hi, 10))
  if hi == lo then hi = lo + 1 end
  local W, H, foot = 640, 280, 110
  local function y(e) return 14 + (hi - math.log(e, 10)) / (hi - lo) * (H - foot - 14) end
  local function x(i) return 60 + (i - 0.5) * (W - 75) / #points end
  local o = { ('<svg class="plot" viewBox="0 0 %d %d" role="img" aria-label="relative errors along the %d steps on %s: isolated, propagated, accumulated">'):format(W, H, #points, esc(device)) }
  for d = lo, hi, math.max(1, (hi - lo) // 5) do
    o[#o + 1] = ('<line class="one" x1="55" x2="%d" y1="%.1f" y2="%.1f"/><text class="small" x="8" y="%.1f">1e%d</text>'):format(W - 10, y(10.0 ^ d), y(10.0 ^ d), y(10.0 ^ d) + 4, d)
  end
  for i, p in ipairs(points) do
    for k, kind in ipairs(kinds) do
      local e = p[kind[1]]
      if e and e > 0 and e < math.huge then
        o[#o + 1] = ('<circle class="error%d" cx="%.1f" cy="%.1f" r="%.1f"><title>%s, %s: %.2e%s</title></circle>'):format(k, x(i), y(e), 7 - 1.5 * k, esc(p.step), kind[1], e,
          k == 2 and p.amplification and (", amplified %.3g times"):format(p.amplification) or "")
      end
    end
    if #points <= 40 then o[#o + 1] = ('<text class="small" transform="translate(%.1f %d) rotate(-45)" text-anchor="end">%s</text>'):format(x(i) + 4, H - foot + 16, esc(p.step:sub(1, 14))) end
  end
  local at = 60
  for k, kind in ipairs(kinds) do
    o[#o + 1] = ('<circle class="error%d" cx="%d" cy="%d" r="5"/><text class="small" x="%d" y="%d">%s: %s</text>'):format(k, at, H - 10, at + 9, H - 6, kind[1], kind[2])
    at = at + 45 + 6 * #(kind[1] .. kind[2])
  end
  o[#o + 1] = "</svg>"
  return table.concat(o)
end

return charts
