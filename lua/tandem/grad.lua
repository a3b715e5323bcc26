-- Reverse mode: t.grad(loss, params) extends the graph by the gradients of one number. A gradient is made of
-- ordinary steps: checked, planned and compared like any other.
--
-- The rule of a node stands in its .lua file, beside its cases:
--
--   ["tensor.mul"] = {
--     cases = { … },
--     grad = function(t, call, dy)
--       return {
--         a = function() return call.fit("a", dy.y * call.input.b) end,
--         b = function() return call.fit("b", dy.y * call.input.a) end,
--       }
--     end,
--   }
--
--   t                    as in a pipeline
--   dy.<output>          gradient with respect to that output, nil where there is none
--   call.input.<port>    the values that the step takes, call.output.<port> those it makes
--   call.param.<name>    its parameters
--   call.fit(port, g)    g summed over the axes along which that input was repeated, if any
--   call.rank(port)      number of axes of an input or output
--   call.float(port)     that input or output in the dtype of its gradient, call.dtype(port): its own, but f32 for
--                        f16 and bf16, which are storage: their gradients are f32
--   call.zero(port)      the number 0 in that dtype; call.stored(port): is it f16 or bf16?
--   result               input port -> its gradient, or a function that gives it, which is called only where it is
--                        needed; a port that is not there gets none
--
-- `grad = false` says that small changes of the inputs change nothing; `no_grad = { "top" }`, beside `grad`, names
-- outputs that gradients do not go back through (what is kept for the gradient alone).
-- A rule is tried against differences of `ref` on the node's own cases: tandem twin --grad.
local _, core = ...
local util = require "tandem.util"
local grad = {}

-- -- rules ----------------------------------------------------------------------------------------

-- Stands for the maker of test tensors: of the file only the rules are wanted.
local no_cases = setmetatable({ nan = 0 / 0, inf = math.huge }, {
  __index = function() return function() return {} end end,
})

local files = {}

local function entry_of(node)
  local file = core.rule_file(node)
  if not file then return {} end
  files[file] = files[file] or core.load_rules(file)(no_cases)
  return files[file][node] or {}
end

local function rule_of(node)
  return entry_of(node).grad
end

-- The outputs of a step that may have gradients.
local function outputs_of(step)
  local outputs = {}
  for port, value in pairs(step.output) do outputs[port] = value end
  for _, port in ipairs(entry_of(step.node).no_grad or {}) do outputs[port] = nil end
  return outputs
end

local function is_float(dtype)
  return dtype and dtype:find("f", 1, true) ~= nil
end

local function is_stored(dtype)
  return dtype == "f16" or dtype == "bf16"
end

local function gradient_dtype(dtype)
  return is_stored(dtype) and "f32" or dtype
end

-- A value in the dtype of its gradient.
local function as_float(t, value)
  return is_stored(core.form(value)) and t.tensor.cast { value, dtype = "f32" } or value
end

-- Sums g, which has the form of an output, to the dims of the input that was repeated to it.
local function fit(t, g, dims, full)
  for _ = 1, #full - #dims do g = t.tensor.sum { g, axis = 0 } end
  for i = 1, #dims do
    if dims[i] == 1 and full[#full - #dims + i] ~= 1 then g = t.tensor.sum { g, axis = i - 1, keep = true } end
  end
  return g
end

-- What a rule sees of a step; nil when something about its values is not known.
local function call_of(t, step)
  local form = {}
  for _, list in ipairs { "output", "input" } do
    for port, value in pairs(step[list]) do
      local dtype, dims = core.form(value)
      if not dtype then return nil end
      form[port] = { dtype = dtype, dims = dims }
    end
  end
  local call = { input = step.input, output = step.output, param = step.param }
  local first = form[step.outputs[1]]
  function call.fit(port, g) return fit(t, g, form[port].dims, first.dims) end
  function call.rank(port) return #form[port].dims end
  function call.dtype(port) return gradient_dtype(form[port].dtype) end
  function call.stored(port) return is_stored(form[port].dtype) end
  function call.zero(port) return t.const(0, { dtype = call.dtype(port) }) end
  function call.float(port) return as_float(t, step.input[port] or step.output[port]) end
  return call
end

-- -- the walk -------------------------------------------------------------------------------------

-- May the value have a gradient? One of an unknown form may: `check` tells what is wrong there.
local function may_have(value)
  local dtype = core.form(value)
  return not dtype or is_float(dtype)
end

-- Which values depend on those wanted, through numbers that have gradients: a table by core.id; and a second one
-- of those that do so in a loop that is closed. A value that such a loop carries is two things: in its body what the
-- turns make of it, which the second table knows, and behind the loop its result, which may be wanted.
local function dependents(steps, wanted)
  local needs, inner, changed = {}, {}, true
  for _, value in ipairs(wanted) do needs[core.id(value)] = true end
  local function through_loop(value)
    local init, next = core.carried(value)
    if not init then return false end
    local before, after = core.id(init), next and core.id(next)
    inner[core.id(value)] = inner[core.id(value)] or needs[before] or inner[before] or after and inner[after] or nil
    return true
  end
  local function depends(step, value)
    local id = core.id(value)
    if through_loop(value) then
      if step.open and inner[id] then needs[id] = true end
      return step.open and needs[id] or inner[id] or false
    end
    return needs[id] or inner[id] or false
  end
  while changed do -- a loop's carries look back: usually one round, and one to see that it was enough
    changed = false
    for _, step in ipairs(steps) do
      local any, marks = false, step.open and needs or inner
      for _, value in pairs(step.input) do any = depends(step, value) or any end
      for _, value in pairs(any and outputs_of(step) or {}) do
        if not marks[core.id(value)] and may_have(value) then marks[core.id(value)], changed = true, true end
      end
    end
  end
  return needs, inner
end

-- A walk back: gradients so far by core.id, and whether something stands in the way.
local Walk = {}
Walk.__index = Walk

function Walk:refuse(text, fix)
  if not self.broken then core.fault("TD0110", text, fix) end
  self.broken = true
end

-- What arrives at one value from several steps is added in the order of its arrival.
function Walk:add(value, g)
  local id = core.id(value)
  self.sum[id] = self.sum[id] and self.sum[id] + g or g
end

-- The values at the outputs of a step as `marks` (by core.id) has them; nil when nothing there leads on.
function Walk:at_outputs(step, marks)
  local found, any = {}, false
  for port, value in pairs(step.output) do
    local id = core.id(value)
    found[port] = self.needs[id] and marks[id] or nil
    any = any or found[port] ~= nil
  end
  for _, value in pairs(step.input) do
    if any and self.needs[core.id(value)] then return found end
  end
end

-- Goes the way back without making anything, to see whether it is open.
function Walk:try(steps, seeds)
  local reached = {}
  local function reach(value)
    if self.inner[core.id(value)] and core.carried(value) then
      self:refuse(("the gradient cannot go back through t.loop, which makes %s"):format(tostring(value)),
        "take the gradient in the body of the loop, of what the body makes")
    end
    reached[core.id(value)] = true
  end
  for _, seed in ipairs(seeds) do reach(seed[1]) end
  for i = #steps, 1, -1 do
    local step = steps[i]
    local rule = self:at_outputs(step, reached) and rule_of(step.node)
    if rule == nil and self:at_outputs(step, reached) then
      self:refuse(("the gradient has to go back through %s (step %s), which has no gradient rule"):format(step.node, step.place),
        "take gradients of what comes behind it, or write a rule beside its cases")
    end
    if rule and not call_of(require "tandem", step) then self.broken = true end -- `check` tells what is wrong
    for _, value in pairs(rule and step.input or {}) do reach(value) end
  end
end

function Walk:through(t, step, dy)
  local rule, known = rule_of(step.node), {}
  local made = rule and rule(t, call_of(t, step), dy) or {}
  for _, port in ipairs(step.inputs) do
    local value, g = step.input[port], made[port]
    known[port] = true
    if value and g and self.needs[core.id(value)] and may_have(value) then
      self:add(value, type(g) == "function" and g() or g)
    end
  end
  for port in pairs(made) do
    if not known[port] then core.fail(("the gradient rule of %s speaks of an input \"%s\", which there is not"):format(step.node, tostring(port))) end
  end
end

-- seeds: a list of { value, gradient or a function that gives it }.
function grad.backward(seeds, wanted)
  local t, steps = require "tandem", {}
  local n = core.steps()
  core.infer()
  for i = 1, n do steps[#steps + 1] = core.step_at(i) end
  local needs, inner = dependents(steps, wanted)
  local walk = setmetatable({ sum = {}, needs = needs, inner = inner, broken = false }, Walk)
  walk:try(steps, seeds)
  if walk.broken then return walk end
  for _, seed in ipairs(seeds) do
    local lead = walk.needs[core.id(seed[1])]
    if lead then walk:add(seed[1], type(seed[2]) == "function" and seed[2]() or as_float(t, seed[2])) end
  end
  for i = #steps, 1, -1 do
    local dy = walk:at_outputs(steps[i], walk.sum)
    if dy then walk:through(t, steps[i], dy) end
  end
  return walk
end

-- -- t.grad ---------------------------------------------------------------------------------------

-- The gradient at a value has its form, and the dtype of its gradient.
local function check_dy(loss, dy)
  if not core.is_value(dy) then
    core.fault("TD0102", ("t.grad: the gradient at %s is no value but a %s"):format(tostring(loss), type(dy)))
    return
  end
  local dtype, dims = core.form(loss)
  local its, have = core.form(dy)
  if not dtype or not its then return end -- `check` tells what is wrong there
  local form = ("%s [%s]"):format(gradient_dtype(dtype), table.concat(dims, " "))
  if form ~= ("%s [%s]"):format(gradient_dtype(its), table.concat(have, " ")) then
    core.fault("TD0203", ("t.grad: the gradient at %s is %s [%s], and must be %s"):format(tostring(loss), its, table.concat(have, " "), form))
  end
end

local function check_loss(loss, dy)
  if not core.is_value(loss) then core.fail("t.grad takes a value first, the loss: t.grad(loss, { w, b })") end
  core.infer()
  if dy ~= nil then check_dy(loss, dy) end
  local dtype, dims = core.form(loss)
  if dtype and (not is_float(dtype) or is_stored(dtype) and not dy) then
    core.fault("TD0201", ("t.grad: %s is %s, and only f32 and f64 have gradients"):format(tostring(loss), dtype),
      is_stored(dtype) and "cast it to f32: t.tensor.cast { …, dtype = \"f32\" }" or nil)
  end
  for _, dim in ipairs(dims or {}) do
    if dim ~= 1 and not dy then
      core.fault("TD0203", ("t.grad takes the gradient of one number, and %s is [%s]"):format(tostring(loss), table.concat(dims, " ")),
        "sum it up first, or give the gradient at it: t.grad(y, params, dy)")
      break
    end
  end
end

-- The gradients of `loss` with respect to a value or a tree of values, in the same form.
function grad.grad(loss, params, dy)
  check_loss(loss, dy)
  local t, wanted = require "tandem", {}
  util.map(params, function(value, path)
    if core.is_value(value) then
      wanted[#wanted + 1] = value
    else
      core.fault("TD0102", ("t.grad: the parameter %s is no value but a %s"):format(path, type(value)))
    end
  end)
  local walk = grad.backward({ { loss, core.is_value(dy) and dy or function() return t.tensor.fill { loss, value = 1 } end } }, wanted)
  return util.map(params, function(value)
    if not core.is_value(value) then return t.const(0) end
    local g = walk.sum[core.id(value)]
    if not g then
      walk:refuse(("t.grad: %s does not depend on %s, as far as gradients go"):format(tostring(loss), tostring(value)))
    end
    return g or t.tensor.fill { value, value = 0 }
  end)
end

-- For lua/grad_case.c: gradients at the values wanted (false where there is none), given those at outputs; and
-- for each of these whether it has one.
function grad.case(seeds, wanted)
  local walk, list, used = grad.backward(seeds, wanted), {}, {}
  for i, value in ipairs(wanted) do list[i] = walk.sum[core.id(value)] or false end
  for i, seed in ipairs(seeds) do used[i] = walk.needs[core.id(seed[1])] or false end
  return list, used
end

return grad
