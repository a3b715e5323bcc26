-- How the EEG pipeline's outputs are looked at. `names`: the recording, or nil.
local t = require "tandem"

local function reject_log(title, labels, bad, names)
  return t.picture.matrix {
    labels, title = title, rows = "epochs", columns = "channels", column_names = names, across = true,
    classes = { "good", "bad", "repaired" }, marks = bad, marked = "rejected",
  }
end

return function(p, names)
  local list = {
    reject_log("Reject log", "labels", "bad_epochs", names),
    t.picture.matrix {
      "loss", title = "Cross-validation loss", rows = "share of bad channels", columns = "channels repaired", unit = "V",
      row_names = p.consensus, column_names = #p.n_interpolate > 0 and p.n_interpolate or { 1, 4, "most" }, chosen = "best",
    },
    t.picture.bars { "thresholds", title = "Thresholds, peak to peak", unit = "V", names = names },
    t.picture.lines { "clean_average", title = "Average of the epochs that are kept", unit = "V", names = names },
  }
  if p.apply then table.insert(list, 2, reject_log("Reject log of the other file", "apply_labels", "apply_bad_epochs", names)) end
  return list
end
