-- Test cases of graph.synth.

return {
  ["graph.synth"] = {
    cases = {
      { "sizes", each = { n = { 1, 2, 33 }, t = { 1, 3, 4, 16, 17, 50 } }, params = function(d) return { n = d.n, t = d.t, seed = 7 } end },
      { "seeds", each = { seed = { 0, 1, 123456789012 } }, params = function(d) return { n = 5, t = 20, seed = d.seed } end },
    },
  },
}
