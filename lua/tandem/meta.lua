---@meta tandem
-- What editors know of tandem. `tandem nodes --format luals` prints this file and all nodes.
-- luacheck: no max line length, no unused args

---@class tandem
local t = {}

---A tensor that a step makes, or that is read. Nothing is computed while a pipeline is built.
---@class tandem.Value
---@operator add(tandem.Value|number): tandem.Value
---@operator sub(tandem.Value|number): tandem.Value
---@operator mul(tandem.Value|number): tandem.Value
---@operator div(tandem.Value|number): tandem.Value
---@operator unm: tandem.Value

---Where data comes from: a file, a URL, or a node that makes it up.
---@class tandem.Source

---A declared parameter.
---@class tandem.Param

---What every step can be told.
---@class tandem.StepOptions
---@field name? string the step's name in reports; unique
---@field impl? string the impl to run; else the device's default
---@field tol? { factor: number, reason: string } widens the limit of agreement, with a reason
---@field allow_native? boolean the step may run on the host where the device has no impl

---@class tandem.PipelineSpec
---@field name? string the file's name when absent
---@field params? table<string, tandem.Param>
---@field build fun(p: table<string, any>): table<string, tandem.Value|table>, table[]? returns the outputs by name, and pictures of them
---@field determinism? "D0"|"D1"|"D2"|"D3" the level every step must promise

---The pipeline: what a script returns.
---@param spec tandem.PipelineSpec
---@return table
function t.pipeline(spec) end

---@class tandem.InputSpec
---@field [1] tandem.Source|string the file parameter, or a path beside the pipeline
---@field shape string dims by name or number, "N T"; one name is one extent in all inputs
---@field dtype? "f32"|"f64"|"i32"|"i64"|"u8"|"f16"|"bf16" f32 when absent
---@field unit? string SI unit, "V"
---@field range? { [1]: number, [2]: number } what the numbers may be
---@field rate? number samples a second along the last dim
---@field columns? string[] of a .csv file: the columns to read; of an .edf file: the channels
---@field tensor? string of a .safetensors file: the name of the tensor to read
---@field channels_of? tandem.Value a recording's signal: rows (.csv) or channels (.edf) like its own
---@field part? "signal"|"calibration"|"starts"|"codes"|"times"|"rows" of an .edf file; rows: of a .csv file
---@field except? string[] channels to leave out
---@field epochs? { samples?: integer, count?: integer, events?: string[], tmin?: number, tmax?: number } where epochs lie
---@field dims? table<string, { [1]: integer, [2]: integer }> what an extent may be
---@field name? string the input's name in reports

---Reads a tensor from a file.
---@param spec tandem.InputSpec
---@return tandem.Value
function t.input(spec) end

---@class tandem.Recording
---@field epochs tandem.Value [E C T] in V
---@field signal tandem.Value [C S] as whole numbers
---@field start tandem.Value [E] first samples
---@field time tandem.Value [T] in s
---@field code? tandem.Value [E] which of the events
---@field positions fun(source: tandem.Source|string): tandem.Value [C 3] in m, from a channel table

---A recording (EDF, EDF+) cut into epochs.
---@param spec { [1]: tandem.Source|string, epochs: table, columns?: string[], except?: string[], like?: tandem.Recording, baseline?: "none"|"epoch"|"before", dtype?: "f32"|"f64", shape?: string, dims?: table, name?: string }
---@return tandem.Recording
function t.recording(spec) end

---An output that is written as a recording, too.
---@param spec { [1]: tandem.Value, like: tandem.Recording }
---@return table
function t.edf(spec) end

---How outputs are looked at: what build returns second.
t.picture = {}

---@param spec { [1]: string, title?: string, unit?: string, rows?: string, columns?: string, row_names?: table, column_names?: table, across?: boolean, classes?: string[], marks?: string, marked?: string, chosen?: string }
---@return table
function t.picture.matrix(spec) end

---@param spec { [1]: string, title?: string, unit?: string, names?: table }
---@return table
function t.picture.bars(spec) end

---@param spec { [1]: string, title?: string, unit?: string, names?: table, x?: string }
---@return table
function t.picture.lines(spec) end

---A file beside the pipeline.
---@param spec { path: string, sha256?: string, bytes?: integer }
---@return tandem.Source
function t.file(spec) end

---A file to download, pinned by its hash and size.
---@param spec { url: string, sha256: string, bytes: integer }
---@return tandem.Source
function t.fetch(spec) end

---Data that a node makes up: t.synth.series is graph.synth, t.synth.<family> is <family>.synth.
---@type table<string, fun(args: table): tandem.Source>
t.synth = {}

---A small tensor of numbers in nested tables; a number alone has no dims.
---@param values number|table
---@param options? { dtype?: "f32"|"f64"|"i32"|"i64"|"u8"|"f16"|"bf16" }
---@return tandem.Value
function t.const(values, options) end

---The weights of a network: tensors of a .safetensors file by their names; with `seed`, drawn where no file is given.
---@param spec { [1]?: tandem.Source|string, seed?: integer, dtype?: "f32"|"f16"|"bf16", name?: string }
---@return tandem.Weights
function t.weights(spec) end

---@class tandem.Weights
local Weights = {} -- luacheck: ignore

---The tensor of that name and shape; `init`: what a row begins with where weights are drawn.
---@param name string
---@param shape string
---@param init? number
---@return tandem.Value
function Weights:get(name, shape, init) end

---Everything below a name: w:at "enc":get("bias", "3") is w:get("enc.bias", "3").
---@param name string
---@return tandem.Weights
function Weights:at(name) end

---All that were taken, by name: for t.grad.
---@return table<string, tandem.Value>
function Weights:all() end

---The gradients of one number with respect to a value or a tree of values, in the same form; `dy`: the gradient at
---`loss`, which then may have any shape.
---@generic T
---@param loss tandem.Value
---@param params T
---@param dy? tandem.Value
---@return T
function t.grad(loss, params, dy) end

---Gives steps a stage, the row of a report: all that `x` comes from, or all that a function makes.
---@generic T
---@param name string
---@param x T
---@return T
function t.stage(name, x) end

---Repeats a body, which is traced once. Tables of values are carried from turn to turn.
---@generic T
---@param turns integer
---@param carried T
---@param body fun(state: T, i: tandem.Value): T, table<string, tandem.Value>? next state; what to record each turn
---@return T final
---@return table<string, tandem.Value> series
function t.loop(turns, carried, body) end

t.param = {}

---@param spec { default?: integer, min?: integer, max?: integer, doc?: string, unit?: string }
---@return tandem.Param
function t.param.int(spec) end

---@param spec { default?: number, min?: number, max?: number, doc?: string, unit?: string }
---@return tandem.Param
function t.param.real(spec) end

---@param spec { default?: boolean, doc?: string }
---@return tandem.Param
function t.param.flag(spec) end

---One of the words given: t.param.choice { "fast", "exact", default = "fast" }
---@param spec { [integer]: string, default?: string, doc?: string }
---@return tandem.Param
function t.param.choice(spec) end

---@param spec { default?: string, doc?: string }
---@return tandem.Param
function t.param.text(spec) end

---@param spec { default?: tandem.Source|string, optional?: boolean, doc?: string }
---@return tandem.Param
function t.param.file(spec) end

---Numbers, on the command line separated by commas.
---@param spec { default?: number[], min?: number, max?: number, doc?: string, unit?: string }
---@return tandem.Param
function t.param.list(spec) end

---Words, on the command line separated by commas.
---@param spec { default?: string[], doc?: string }
---@return tandem.Param
function t.param.words(spec) end

return t
