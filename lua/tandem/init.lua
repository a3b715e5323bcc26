-- tandem: what pipelines are written with. docs/pipelines.md tells the users.
local _, core = ...
local util = require "tandem.util"
local inputs = require "tandem.inputs"
local params = require "tandem.params"
local loops = require "tandem.loops"
local recording = require "tandem.recording"
local grad = require "tandem.grad"
local picture = require "tandem.picture"
local weights = require "tandem.weights"

local t = {}

t.file = core.entry("file", inputs.file)
t.fetch = core.entry("fetch", inputs.fetch)
t.given = core.entry("given", inputs.is_given)
t.input = core.entry("input", inputs.input)
t.weights = core.entry("weights", weights)
t.const = core.entry("const", inputs.const)
t.recording = core.entry("recording", recording.recording)
t.edf = core.entry("edf", recording.edf)
t.stage = core.entry("stage", loops.stage)
t.loop = core.entry("loop", loops.loop)
t.grad = core.entry("grad", grad.grad)
t.param = params.kinds
t.picture = picture.kinds
t.synth = inputs.synth

-- -- the pipeline ---------------------------------------------------------------------------------

local Pipeline = { __name = "pipeline" }
local levels = { D0 = 0, D1 = 1, D2 = 2, D3 = 3 }

t.pipeline = core.entry("pipeline", function(spec)
  local at = core.where()
  local clean = util.fields("t.pipeline", spec, { name = "string", params = "table", build = "function", determinism = "string" })
  if not clean.build then core.fail("t.pipeline needs build = function(p) … return { out = … } end") end
  if clean.determinism and not levels[clean.determinism] then
    core.fault("TD0107", ("determinism = \"%s\" is no level: there are D0, D1, D2, D3"):format(clean.determinism), nil, at)
  end
  clean.at = at
  return setmetatable(clean, Pipeline)
end)

-- Called with what the script returned.
function core.finish(pipeline)
  if getmetatable(pipeline) ~= Pipeline then
    core.fail(("the script must end with \"return t.pipeline { … }\"; it returned a %s"):format(type(pipeline)))
  end
  core.describe(pipeline.name, levels[pipeline.determinism] or 0)
  local p, finish = params.resolve(pipeline.params or {}, pipeline.at)
  local outputs, pictures = pipeline.build(p)
  if type(outputs) ~= "table" then
    core.fault("TD0102", ("build must return a table of outputs, not a %s: return { out = … }"):format(type(outputs)), nil, pipeline.at)
    outputs = {}
  end
  for name, value in pairs(outputs) do
    if type(name) == "string" then
      local x, input = recording.output(value)
      core.output(name, x, pipeline.build, input)
    else
      core.fault("TD0105", ("output %d has no name"):format(name), "write return { out = … }", pipeline.at)
    end
  end
  picture.keep(pictures, pipeline.at)
  finish()
end

-- -- t.<family>.<node> ----------------------------------------------------------------------------

-- What there is to call in t, for suggestions.
local known = util.names(t)
for _, family in ipairs(core.families()) do known[#known + 1] = family end

local function family_of(family)
  return setmetatable({}, {
    __index = function(self, name)
      local make = core.constructor(family .. "." .. tostring(name))
      rawset(self, name, make)
      return make
    end,
    __call = core.entry(family, function()
      return core.lost("TD0104", ("there is no function t.%s"):format(family), util.suggest(family, known))
    end),
  })
end

return setmetatable(t, {
  __index = function(self, family)
    local made = family_of(tostring(family))
    rawset(self, family, made)
    return made
  end,
})
