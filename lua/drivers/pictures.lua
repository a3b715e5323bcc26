-- Draws pictures of outputs (t.picture.…, docs/pipelines.md) as SVG that needs nothing else: a matrix, bars, lines.
-- Each comes with a sentence that says what is to be seen.
local pictures = {}

-- Colours are those of the page that they stand in (report.lua: --good, --bad, --accent …).
pictures.style = [[
.pic{margin:1.2rem 0}.pic svg{min-width:34rem}.pic .c1{fill:var(--bad)}.pic .c2{fill:var(--accent)}.pic .c3{fill:var(--warn)}.pic .c4{fill:var(--good)}.pic .c5{fill:var(--soft)}
.pic .ground{fill:var(--bg);stroke:var(--line)}.pic .heat{fill:var(--accent)}.pic .none{fill:var(--line)}.pic .mark{fill:var(--bg);fill-opacity:.5;stroke:var(--fg);stroke-width:1.2}.pic .flag{fill:var(--fg)}
.pic .chosen{fill:none;stroke:var(--fg);stroke-width:3}.pic .line{fill:none;stroke:var(--accent);stroke-width:1;stroke-opacity:.75}.pic .axis{stroke:var(--soft);stroke-width:1}.pic .bar{fill:var(--accent)}]]

local WIDTH, LEFT, RIGHT = 720, 64, 8

local function esc(s) return (tostring(s):gsub("[&<>\"]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" })) end
local function finite(x) return x == x and x ~= math.huge and x ~= -math.huge end

-- A function that shows numbers between these: 1.2e-5 with the unit V is "12 µV", without unit as it is; with as many
-- digits as it takes to tell them apart.
local function shower(lo, hi, unit)
  local most, digits = math.max(math.abs(lo), math.abs(hi)), 3
  if hi > lo then digits = math.max(3, math.min(6, math.ceil(math.log(most / (hi - lo), 10)) + 2)) end
  local form = "%." .. digits .. "g"
  local prefixes = { { 1e-9, "n" }, { 1e-6, "µ" }, { 1e-3, "m" }, { 1, "" }, { 1e3, "k" }, { 1e6, "M" } }
  local scale, prefix = 1, ""
  if unit and most > 0 then
    for _, p in ipairs(prefixes) do
      if most >= 0.9 * p[1] or p[1] == 1e-9 then scale, prefix = p[1], p[2] end
    end
  end
  return function(x, bare)
    if x ~= x then return "NaN" end
    if not finite(x) then return x > 0 and "∞" or "−∞" end
    return form:format(x / scale) .. (unit and not bare and " " .. prefix .. unit or "")
  end
end

local function extremes(numbers)
  local lo, hi = math.huge, -math.huge
  for _, x in ipairs(numbers) do
    if finite(x) then lo, hi = math.min(lo, x), math.max(hi, x) end
  end
  return lo, hi
end

-- -- drawing ------------------------------------------------------------------------------------------

local Canvas = {}
Canvas.__index = Canvas

local function canvas(height, words)
  local c = setmetatable({}, Canvas)
  c:put('<svg class="plot" viewBox="0 0 %d %d" role="img" aria-label="%s">', WIDTH, height, esc(words))
  return c
end

function Canvas:put(form, ...) self[#self + 1] = form:format(...) end
function Canvas:text(x, y, s, more) self:put('<text class="small" x="%.1f" y="%.1f"%s>%s</text>', x, y, more or "", esc(s)) end
function Canvas:done()
  self:put "</svg>"
  return table.concat(self)
end

-- Numbers among names without the digits that nobody needs.
local function short(name) return tonumber(name) and ("%.4g"):format(tonumber(name)) or name end

-- Names beside an axis, as many as have room: `at(i)` says where the i-th is.
local function labels(n, names, room, put)
  local each = math.max(1, math.ceil(9 / room))
  for i = 0, n - 1, each do put(i, names and short(names[i + 1] or "") or tostring(i)) end
end

local function turned(c, x, y, s) c:text(0, 0, s:sub(1, 10), (' transform="translate(%.1f %.1f) rotate(-55)" text-anchor="end" style="font-size:9px"'):format(x, y)) end

-- Boxes beside each other: what colours mean.
local function legend(c, y, entries)
  local x = LEFT
  for _, e in ipairs(entries) do
    c:put('<rect class="%s" x="%.1f" y="%.1f" width="11" height="11"/>', e[1], x, y)
    c:text(x + 16, y + 10, e[2])
    x = x + 34 + 6.2 * #e[2]
  end
end

-- -- matrix -------------------------------------------------------------------------------------------

-- Rows x columns of an output; dims behind them are averaged.
local function grid_of(output)
  local d = output.dims
  local rows, columns, deep = d[1] or 1, d[2] or 1, 1
  for i = 3, #d do deep = deep * d[i] end
  return { rows = rows, columns = columns, deep = deep }, function(r, k)
    local at, sum = (r * columns + k) * deep, 0
    for i = 1, deep do sum = sum + output.x[at + i] end
    return sum / deep
  end
end

-- Where cells lie: nx x ny of them.
local function layout(g, spec)
  local l = { across = spec.across == "true" }
  l.nx, l.ny = g.columns, g.rows
  l.x_names, l.y_names, l.x_text, l.y_text = spec.column_names, spec.row_names, spec.columns, spec.rows
  if l.across then
    l.nx, l.ny, l.x_names, l.y_names, l.x_text, l.y_text = l.ny, l.nx, l.y_names, l.x_names, l.y_text, l.x_text
  end
  l.w = math.min((WIDTH - LEFT - RIGHT) / l.nx, spec.classes and 24 or 90)
  l.h = spec.classes and math.max(1.5, math.min(14, 720 / l.ny)) or math.max(2, math.min(30, 560 / l.ny))
  l.top, l.foot = spec.marks and 28 or 18, l.x_names and 52 or 22
  function l.place(r, k)
    if l.across then r, k = k, r end
    return LEFT + k * l.w, l.top + r * l.h
  end
  l.bottom = l.top + l.ny * l.h
  return l
end

local function axes(c, l)
  if l.y_text then c:text(4, 12, l.y_text .. " ↓") end
  if l.x_text then c:text(LEFT + l.nx * l.w, 12, l.x_text .. " →", ' text-anchor="end"') end
  labels(l.ny, l.y_names, l.h, function(i, s) c:text(LEFT - 5, l.top + (i + 0.5) * l.h + 4, s:sub(1, 9), ' text-anchor="end"') end)
  labels(l.nx, l.x_names, l.w / (l.x_names and 1 or 2.5), function(i, s)
    local x = LEFT + (i + 0.5) * l.w
    if l.x_names then turned(c, x + 4, l.bottom + 12, s) else c:text(x, l.bottom + 13, s, ' text-anchor="middle"') end
  end)
end

-- One path a class: neighbours in a line are one rectangle.
local function class_paths(c, l, at, n_classes)
  local paths, counts = {}, {}
  for k = 0, n_classes - 1 do paths[k], counts[k] = {}, 0 end
  for j = 0, l.ny - 1 do
    local i = 0
    while i < l.nx do
      local class, from = at(i, j), i
      while i < l.nx and at(i, j) == class do i = i + 1 end
      if counts[class] then
        counts[class] = counts[class] + i - from
        if class > 0 then paths[class][#paths[class] + 1] = ("M%.1f %.1fh%.1fv%.1fh%.1fz"):format(LEFT + from * l.w, l.top + j * l.h, (i - from) * l.w, l.h - math.min(0.6, l.h / 8), -(i - from) * l.w) end
      end
    end
  end
  for k = 1, n_classes - 1 do
    if #paths[k] > 0 then c:put('<path class="c%d" d="%s"/>', math.min(k, 5), table.concat(paths[k])) end
  end
  return counts
end

local function marked_rows(marks)
  local list = {}
  for i, x in ipairs(marks and marks.x or {}) do
    if x ~= 0 then list[#list + 1] = i - 1 end
  end
  return list
end

local function some(list, most)
  local words = {}
  for i = 1, math.min(#list, most) do words[i] = tostring(list[i]) end
  return table.concat(words, ", ") .. (#list > most and ", …" or "")
end

local function count_classes(g, value, classes)
  local counts, other = {}, 0
  for k = 1, #classes do counts[k] = 0 end
  for r = 0, g.rows - 1 do
    for k = 0, g.columns - 1 do
      local class = math.tointeger(value(r, k))
      if class and counts[class + 1] then counts[class + 1] = counts[class + 1] + 1 else other = other + 1 end
    end
  end
  local words = {}
  for k, name in ipairs(classes) do words[k] = ("%s %d"):format(name, counts[k]) end
  if other > 0 then words[#words + 1] = ("left out %d"):format(other) end
  return words
end

local function class_matrix(spec, g, value)
  local marks = marked_rows(spec.marks)
  local counts, mark_word = count_classes(g, value, spec.classes), spec.marked or "marked"
  local words = ("%s: %d %s × %d %s; %s"):format(spec.title, g.rows, spec.rows or "rows", g.columns, spec.columns or "columns", table.concat(counts, ", "))
  if spec.marks then words = words .. ("; %s: %d%s"):format(mark_word, #marks, #marks > 0 and " (" .. some(marks, 12) .. ")" or "") end
  local l = layout(g, spec)
  local c = canvas(l.bottom + l.foot + 24, words)
  c:put('<rect class="ground" x="%d" y="%d" width="%.1f" height="%.1f"/>', LEFT, l.top, l.nx * l.w, l.ny * l.h)
  class_paths(c, l, function(i, j) return math.tointeger(l.across and value(i, j) or value(j, i)) or -1 end, #spec.classes)
  for _, r in ipairs(marks) do
    local x, y = l.place(r, 0)
    c:put('<rect class="mark" x="%.1f" y="%.1f" width="%.1f" height="%.1f"><title>%s: %d</title></rect>', x, y, l.across and l.w or l.nx * l.w, l.across and l.ny * l.h or l.h, esc(mark_word), r)
    local form = l.across and "M%.1f %.1fl-3.5 -7h7z" or "M%.1f %.1fl-7 -3.5v7z"
    c:put('<path class="flag" d="' .. form .. '"/>', l.across and x + l.w / 2 or LEFT - 1, l.across and l.top - 1 or y + l.h / 2)
  end
  axes(c, l)
  local entries = {}
  for k, text in ipairs(counts) do entries[k] = { k == 1 and "ground" or k <= #spec.classes and "c" .. math.min(k - 1, 5) or "none", text } end
  if spec.marks then entries[#entries + 1] = { "mark", mark_word .. " " .. #marks } end
  legend(c, l.bottom + l.foot + 4, entries)
  return c:done(), words
end

-- Which cell the output `chosen` means: two numbers that stand among the names of rows and columns. A name that
-- is no number stands for any other.
local function chosen_cell(spec)
  local function find(names, x)
    local other
    for i, name in ipairs(x and names or {}) do
      if not tonumber(name) then other = i - 1
      elseif math.abs(tonumber(name) - x) <= 1e-12 * math.abs(x) then return i - 1 end
    end
    return other
  end
  local x = spec.chosen and spec.chosen.x or {}
  return find(spec.row_names, x[1]), find(spec.column_names, x[2])
end

local function heat_matrix(spec, g, value)
  local numbers = {}
  for r = 0, g.rows - 1 do
    for k = 0, g.columns - 1 do numbers[#numbers + 1] = value(r, k) end
  end
  local lo, hi = extremes(numbers)
  local show = shower(lo, hi, spec.unit)
  local row, column = chosen_cell(spec)
  local words = ("%s: %d × %d cells (%s × %s)%s"):format(spec.title, g.rows, g.columns, spec.rows or "rows", spec.columns or "columns",
    lo <= hi and ", from " .. show(lo) .. " (pale) to " .. show(hi) .. " (strong)" or "")
  if row and column then words = words .. ("; chosen: %s %s, %s %s, %s"):format(spec.rows or "row", short(spec.row_names[row + 1]), spec.columns or "column", short(spec.column_names[column + 1]), show(value(row, column))) end
  local l = layout(g, spec)
  local c = canvas(l.bottom + l.foot + 4, words)
  for r = 0, g.rows - 1 do
    for k = 0, g.columns - 1 do
      local v, x, y = value(r, k), l.place(r, k)
      local dark = finite(v) and (hi > lo and (v - lo) / (hi - lo) or 0) or 0
      c:put('<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill-opacity="%.2f"><title>%s</title></rect>', finite(v) and "heat" or "none", x, y, l.w - 0.5, l.h - 0.5, finite(v) and 0.08 + 0.5 * dark or 1, esc(show(v)))
      if l.w >= 40 and l.h >= 12 then c:put('<text x="%.1f" y="%.1f" text-anchor="middle">%s</text>', x + l.w / 2, y + l.h / 2 + 4, esc(show(v, true))) end
    end
  end
  if row and column then
    local x, y = l.place(row, column)
    c:put('<rect class="chosen" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>', x, y, l.w, l.h)
  end
  axes(c, l)
  return c:done(), words
end

local function matrix(spec, outputs)
  local g, value = grid_of(outputs[1])
  if g.rows * g.columns == 0 then return nil, spec.title .. ": nothing to show" end
  if spec.classes then return class_matrix(spec, g, value) end
  return heat_matrix(spec, g, value)
end

-- -- bars and lines -----------------------------------------------------------------------------------

-- The frame of a plot with a scale of its own: returns the canvas and where a number lies.
local function frame(spec, lo, hi, height, foot, words)
  if lo > hi then lo, hi = 0, 1 end
  if hi == lo then lo, hi = lo - math.abs(lo) / 2 - 0.5 * (lo == 0 and 1 or 0), hi + math.abs(hi) / 2 + 0.5 * (hi == 0 and 1 or 0) end
  local c, show = canvas(height, words), shower(lo, hi, spec.unit)
  local function y(v) return 12 + (hi - v) / (hi - lo) * (height - foot - 12) end
  for _, v in ipairs(lo < 0 and hi > 0 and { lo, 0, hi } or { lo, (lo + hi) / 2, hi }) do
    c:put('<line class="axis" x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke-opacity=".4"/>', LEFT, WIDTH - RIGHT, y(v), y(v))
    c:text(LEFT - 5, y(v) + 4, show(v), ' text-anchor="end"')
  end
  return c, y
end

local function bars(spec, outputs)
  local x = outputs[1].x
  if #x == 0 then return nil, spec.title .. ": nothing to show" end
  local lo, hi = extremes(x)
  local show = shower(lo, hi, spec.unit)
  local words = ("%s: %d, from %s to %s"):format(spec.title, #x, show(lo), show(hi))
  local H, foot = 240, 52
  local c, y = frame(spec, math.min(lo, 0), math.max(hi, 0), H, foot, words)
  local w = (WIDTH - LEFT - RIGHT) / #x
  for i, v in ipairs(x) do
    if finite(v) then
      local name = spec.names and spec.names[i] or tostring(i - 1)
      c:put('<rect class="bar" x="%.1f" y="%.1f" width="%.1f" height="%.1f"><title>%s: %s</title></rect>', LEFT + (i - 1) * w + w * 0.1, math.min(y(v), y(0)), w * 0.8, math.max(math.abs(y(v) - y(0)), 0.5), esc(name), esc(show(v)))
    end
  end
  labels(#x, spec.names, w, function(i, s) turned(c, LEFT + (i + 0.5) * w + 4, H - foot + 14, s) end)
  return c:done(), words
end

-- The points of a line; where there are more than the picture has columns, the least and the largest of each.
local function points(x, from, n, place_x, y)
  local out, per = {}, math.max(1, math.ceil(n / (WIDTH - LEFT - RIGHT)))
  local function add(i)
    local v = x[from + i]
    if finite(v) then out[#out + 1] = ("%s%.1f %.1f"):format((#out == 0 or not finite(x[from + i - 1] or v)) and "M" or "L", place_x(i), y(v)) end
  end
  for i = 1, n, per do
    local low, high = i, i
    for k = i, math.min(i + per - 1, n) do
      if x[from + k] < x[from + low] then low = k end
      if x[from + k] > x[from + high] then high = k end
    end
    add(math.min(low, high))
    if low ~= high then add(math.max(low, high)) end
  end
  return table.concat(out)
end

local function lines(spec, outputs)
  local o = outputs[1]
  local n = o.dims[#o.dims] or 1
  if #o.x == 0 then return nil, spec.title .. ": nothing to show" end
  local lo, hi = extremes(o.x)
  local over, show = spec.x and spec.x.x, shower(lo, hi, spec.unit)
  local words = ("%s: %d line%s of %d samples, from %s to %s"):format(spec.title, #o.x // n, #o.x == n and "" or "s", n, show(lo), show(hi))
  local H, foot = 280, 26
  local c, y = frame(spec, lo, hi, H, foot, words)
  local first, last = over and over[1] or 0, over and over[n] or n - 1
  local function place_x(i)
    local at = over and over[i] or i - 1
    return LEFT + (last > first and (at - first) / (last - first) or 0.5) * (WIDTH - LEFT - RIGHT)
  end
  for line = 0, #o.x // n - 1 do
    c:put('<path class="line" d="%s"><title>%s</title></path>', points(o.x, line * n, n, place_x, y), esc(spec.names and spec.names[line + 1] or tostring(line)))
  end
  for _, at in ipairs { first, (first + last) / 2, last } do
    c:text(LEFT + (last > first and (at - first) / (last - first) or 0) * (WIDTH - LEFT - RIGHT), H - 8, ("%.4g"):format(at) .. (over and " s" or ""), ' text-anchor="' .. (at == first and "start" or at == last and "end" or "middle") .. '"')
  end
  return c:done(), words
end

-- -- all ----------------------------------------------------------------------------------------------

local kinds = { matrix = matrix, bars = bars, lines = lines }

-- The fields of a picture's text; `channels_of(input)` gives the names behind "@input".
local function read_spec(text, outputs, channels_of)
  local spec = {}
  for key, value in (text .. "\n"):gmatch "([%w_]+)=(.-)\n" do spec[key] = value end
  for _, key in ipairs { "row_names", "column_names", "names", "classes" } do
    if spec[key] then
      local list = {}
      if spec[key]:sub(1, 1) == "@" then
        list = channels_of(spec[key]:sub(2))
      else
        for name in (spec[key] .. "\t"):gmatch "(.-)\t" do list[#list + 1] = name end
      end
      spec[key] = list
    end
  end
  for _, key in ipairs { "marks", "chosen", "x" } do
    if spec[key] then spec[key] = outputs[tonumber(spec[key]) + 1] end
  end
  return spec
end

-- Draws what the text says of outputs { name, dims, x }: title, svg (or nil) and a sentence.
function pictures.draw(text, outputs, channels_of)
  local spec = read_spec(text, outputs, channels_of)
  spec.title = spec.title or outputs[1].name
  local svg, words = (kinds[spec.kind] or function() return nil, "this tandem does not know such a picture" end)(spec, outputs)
  return { title = spec.title, svg = svg, words = words }
end

return pictures
