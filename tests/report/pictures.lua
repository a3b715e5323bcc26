-- Every kind of picture, of numbers that are looked up in the page.
local t = require "tandem"

return t.pipeline {
  build = function()
    local labels = t.const({ { 0, 1, 2, 0 }, { 0, 0, 0, 0 }, { 1, 1, 255, 0 } }, { dtype = "u8" })
    local bad = t.const({ 0, 0, 1 }, { dtype = "u8" })
    local loss = t.const({ { { 1e-6, 3e-6 }, { 4e-6, 4e-6 } }, { { 5e-6, 5e-6 }, { 1 / 0, 1 } } }, { dtype = "f64" })
    local best = t.const({ 0.30000000000000004, 4 }, { dtype = "f64" })
    local thresholds = t.const { 1e-4, 2.5e-4, 0 / 0, -5e-5 }
    local average = t.const { { 0, 1e-6, -1e-6 }, { 2e-6, 0 / 0, 2e-6 } }
    local time = t.const({ -0.5, 0, 0.5 }, { dtype = "f64" })
    local out = { labels = labels, bad = bad, loss = loss, best = best, thresholds = thresholds, average = average, time = time }
    for name, x in pairs(out) do out[name] = t.tensor.copy { x } end
    local channels = { "Fp1", "<Cz>", "O1", "T7" }
    return out, {
      t.picture.matrix {
        "labels", title = "Reject \"log\"", rows = "epochs", columns = "channels", column_names = channels, across = true,
        classes = { "good", "bad", "repaired" }, marks = "bad", marked = "rejected",
      },
      t.picture.matrix {
        "loss", title = "Loss", unit = "V", rows = "consensus", columns = "repaired", row_names = { 0.1, 0.3 }, column_names = { 1, "most" }, chosen = "best",
      },
      t.picture.bars { "thresholds", title = "Thresholds", unit = "V", names = channels },
      t.picture.lines { "average", title = "Average", unit = "V", x = "time" },
      t.picture.lines { "thresholds" },
    }
  end,
}
