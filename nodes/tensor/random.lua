-- Test cases of the random numbers. The functions behind them are tested in tests/unit.
return {
  ["tensor.uniform"] = {
    cases = {
      { "sizes", each = { rows = { 0, 1, 3 }, columns = { 1, 15, 16, 100 } }, params = function(d) return { rows = d.rows, columns = d.columns, seed = 7, lo = -2, hi = 5.5 } end },
      { "streams", each = { stream = { 0, 1, 123456789 }, seed = { 0, 9007199254740992 } }, params = function(d) return { columns = 33, seed = d.seed, stream = d.stream } end },
    },
  },
  ["tensor.normal"] = {
    cases = {
      { "sizes", each = { rows = { 0, 1, 3 }, columns = { 1, 15, 16, 100 } }, params = function(d) return { rows = d.rows, columns = d.columns, seed = 7, mean = 10, sd = 0.1 } end },
      { "constant", params = { columns = 5, seed = 1, mean = 2.5, sd = 0 } },
    },
  },
  ["tensor.randint"] = {
    cases = {
      { "sizes", each = { rows = { 0, 1, 3 }, columns = { 1, 16, 100 } }, params = function(d) return { rows = d.rows, columns = d.columns, seed = 7, lo = -3, hi = 3 } end },
      { "one", params = { columns = 40, seed = 3, lo = 4, hi = 4 } },
      { "wide", params = { columns = 40, seed = 3, lo = -1073741824, hi = 1073741823 } },
    },
  },
}
