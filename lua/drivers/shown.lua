-- The pictures of a run, from the database: what its graph says of them, and what its outputs were.
local pictures = require "drivers.pictures"
local shown = {}

-- The strings in quotes of a line of the graph's text.
local function quoted(line)
  local list, at = {}, 1
  while true do
    local from = line:find('"', at, true)
    if not from then return list end
    local to = from + 1
    while line:sub(to, to) ~= '"' do to = to + (line:sub(to, to) == "\\" and 2 or 1) end
    list[#list + 1] = line:sub(from + 1, to - 1):gsub("\\(.)(%x?%x?)", function(c, hex) return c == "x" and string.char(tonumber(hex, 16)) or c .. hex end)
    at = to + 1
  end
end

local function channels_of(graph_text, input)
  local list = {}
  for line in graph_text:gmatch "[^\n]+" do
    if line:match ' = input "(.-)"' == input then
      for name in (line:match 'columns="(.-)"' or line:match 'rows="(.-)"' or ""):gmatch "[^,]+" do list[#list + 1] = name end
    end
  end
  return list
end

local function output_of(query, run, name)
  local row = query([[SELECT v.dims, t.content FROM value v JOIN shown s ON s.value = v.id JOIN text t ON t.sha256 = s.sha256
    WHERE v.run = ?1 AND v.output = ?2]], run, name)[1]
  if not row then return nil end
  local o = { name = name, dims = {}, x = {} }
  for d in row.dims:gmatch "%d+" do o.dims[#o.dims + 1] = tonumber(d) end
  for word in row.content:gmatch "%S+" do
    o.x[#o.x + 1] = word == "inf" and math.huge or word == "-inf" and -math.huge or tonumber(word) or 0 / 0
  end
  return o
end

-- All pictures of a run, drawn: { title, svg or nil, words }. `query` is that of the driver, `graph_text` the graph's.
function shown.pictures(query, run, graph_text)
  local list = {}
  for line in graph_text:gmatch "[^\n]+" do
    if line:match "^picture " then
      local words, outputs, missing = quoted(line), {}, nil
      for i = 2, #words do
        outputs[i - 1] = output_of(query, run, words[i])
        missing = missing or not outputs[i - 1] and words[i]
      end
      local title = words[1]:match "title=([^\n]*)" or words[2]
      list[#list + 1] = missing and { title = title, words = ("The output %s was not kept: it has more than a million elements, or the run did not end."):format(missing) }
        or pictures.draw(words[1], outputs, function(input) return channels_of(graph_text, input) end)
    end
  end
  return list
end

return shown
