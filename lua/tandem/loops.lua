-- Stages and loops.
local _, core = ...
local util = require "tandem.util"
local loops = {}

-- -- stages ---------------------------------------------------------------------------------------

function loops.stage(name, x)
  if type(name) ~= "string" or name == "" then
    core.fail("t.stage takes a name first: t.stage(\"encoder\", …)")
  end
  if type(x) == "function" then
    local before = core.steps()
    local results = table.pack(x())
    core.tag_since(name, before)
    return table.unpack(results, 1, results.n)
  end
  util.map(x, function(value)
    if core.is_value(value) then
      core.tag(name, value)
    else
      core.fault("TD0107", ("t.stage(\"%s\"): a %s is no value, step or function"):format(name, type(value)))
    end
  end)
  return x
end

-- -- loops ----------------------------------------------------------------------------------------

local function check_turns(n)
  if math.type(n) == "integer" then return n end
  local whole = math.type(n) == "float" and math.tointeger(n)
  core.fault("TD0107", ("t.loop takes an integer number of turns, not %s"):format(type(n) == "number" and n or "a " .. type(n)),
    whole and ("write %d"):format(whole))
  return whole or 1
end

-- A carry swaps its buffer each turn, so it must own one: it starts as a copy of its init.
local function copy_inits(carried)
  return util.map(carried, function(x, path)
    if core.is_value(x) then return core.step("tensor.copy", { x }) end
    core.fault("TD0102", ("t.loop carries values, but \"%s\" is a %s"):format(path, type(x)))
    return core.const("f32", {}, { 0 })
  end)
end

-- Walks the tree of carries and the tree that the body returned for the next turn side by side.
local function zip(carries, nexts, f, path)
  if core.is_value(carries) then return f(carries, nexts, path) end
  if type(nexts) ~= "table" then
    local where = path == "" and "" or (" for \"%s\""):format(path)
    core.fault("TD0102", ("the loop's body must return a table of next values%s, not a %s"):format(where, type(nexts)))
    nexts = {}
  end
  for key, x in pairs(carries) do
    zip(x, nexts[key], f, path == "" and tostring(key) or path .. "." .. key)
  end
  for key in pairs(nexts) do
    if carries[key] == nil then
      core.fault("TD0104", ("the loop's body returns \"%s\", which the loop does not carry"):format(key),
        util.suggest(key, util.names(carries)))
    end
  end
end

-- Each carry needs a next of its own, made in this body: what is not is copied.
local function close(loop, carries, nexts)
  local k, used = 0, {}
  zip(carries, nexts, function(carry, value, path)
    k = k + 1
    if not core.is_value(value) then
      local what = path == "" and "" or (" for \"%s\""):format(path)
      core.fault("TD0102", ("the loop's body returns no next value%s"):format(what))
      value = carry
    end
    if used[core.id(value)] or not core.made_in(value, loop) then value = core.step("tensor.copy", { value }) end
    used[core.id(value)] = true
    core.next(loop, k, value)
  end, "")
  return k
end

local MOST_RECORDED = 1 << 23 -- numbers; twice as many go beyond the memory of a script

-- A buffer of zeros with room for one such value each turn; nil and why there is none.
local function buffer(turns, value)
  if not core.is_value(value) then return nil, ("is a %s, not a value"):format(type(value)) end
  local dtype, dims = core.shape(value)
  if not dtype then return nil, ("records values of shape %s, whose size is not known yet"):format(dims) end
  local n, zeros = turns + 0.0, {}
  for _, dim in ipairs(dims) do n = n * dim end
  if n > MOST_RECORDED then return nil, ("would record %.0f numbers; at most %d are"):format(n, MOST_RECORDED) end
  for i = 1, math.tointeger(n) do zeros[i] = 0 end
  return core.step("tensor.copy", { core.const(dtype, { turns, table.unpack(dims) }, zeros) })
end

-- Records what the body returns second: each value of a turn is put into a buffer that the loop carries,
-- after its k other carries. Returns the buffers in the tables of the series.
local function record(loop, turns, k, series)
  local inits, wrong, made, leaf = {}, {}, 0, 0
  util.map(series, function(value)
    leaf = leaf + 1
    inits[leaf], wrong[leaf] = buffer(turns, value)
    made = made + (inits[leaf] and 1 or 0)
  end)
  core.hoist(loop, made)
  leaf = 0
  return util.map(series, function(value, path)
    leaf = leaf + 1
    local name = path == "" and "" or (" \"%s\""):format(path)
    if not inits[leaf] then return core.lost("TD0107", ("the series%s %s"):format(name, wrong[leaf])) end
    local carry = core.carry(loop, inits[leaf])
    k = k + 1
    core.next(loop, k, core.step("tensor.put", { over = carry, value = value, index = core.index(loop) }))
    return carry
  end)
end

local Open = { __close = function(guard) core.loop_end(guard.loop) end }

function loops.loop(n, carried, body)
  if type(body) ~= "function" then
    core.fail("t.loop takes turns, what it carries, and a function: t.loop(n, { w = w }, function(state, i) … end)")
  end
  n = check_turns(n)
  local inits = copy_inits(carried)
  local guard <close> = setmetatable({ loop = core.loop(n) }, Open)
  local carries = util.map(inits, function(init) return core.carry(guard.loop, init) end)
  local nexts, series = body(carries, core.index(guard.loop))
  local k = close(guard.loop, carries, nexts)
  return carries, series and record(guard.loop, math.max(n, 0), k, series)
end

return loops
