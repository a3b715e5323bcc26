/* Pipelines: what holds for all of them: one graph a script, small limits, speed; and what editors and
 * linters are told. */
#include "lua_expect.h"

#include "base/file.h"

#include <time.h>

/* -- promises ------------------------------------------------------------- */

static const char busy[] = "local t = require \"tandem\"\n"
			   "return t.pipeline { params = { a = t.param.int { default = 1 }, b = "
			   "t.param.real { default = 2 } },\n"
			   "build = function(p)\n"
			   "  local x = t.input { \"x.npy\", shape = \"N T\" }\n"
			   "  local names, out, seen = {}, {}, {}\n"
			   "  for i = 1, 40 do names[\"n\" .. (i * 7919) % 1000] = i end\n"
			   "  for name, i in pairs(names) do seen[#seen + 1] = name out[name] = "
			   "t.toy.blur { x * i, k = p.a, sigma = p.b, name = name } end\n"
			   "  table.sort(seen, function(a, b) return #a < #b end)\n"
			   "  for i, name in ipairs(seen) do x = t.stage(name, x + out[name]) end\n"
			   "  out.last = t.loop(3, out, function(s) local n = {} for k, v in "
			   "pairs(s) do n[k] = v + s.n919 end return n end).n919\n"
			   "  names.n919 = nil\n"
			   "  local k, v = next(names) out[k .. tostring(print) .. v] = x\n"
			   "  for key in pairs(out) do out[key] = out[key] end\n"
			   "  return out\n"
			   "end }\n";

/* A hundred fresh states, each with another hash seed, give one graph. */
static void is_deterministic(void **state)
{
	(void)state;
	td_str first = {0}, again = {0};
	td_err e = {TD_OK, ""};
	for (size_t i = 0; i < 100; i++) {
		void *gap = malloc(i * 4099 + 1); /* moves the state, and so its seed */
		td_graph *g = build(busy, NULL, 0, &e);
		if (!g)
			fail_msg("%s", e.text);
		toy_faults(g, i ? &again : &first);
		toy_graph(g, i ? &again : &first);
		td_graph_text(g, i ? &again : &first);
		if (i)
			assert_string_equal(td_str_text(&again), td_str_text(&first));
		td_str_fini(&again);
		td_graph_free(g);
		free(gap);
	}
	assert_non_null(strstr(td_str_text(&first), "n919"));
	assert_null(strstr(td_str_text(&first), "0x"));
	td_str_fini(&first);
}

/* Every small memory limit ends in a message, and leaves nothing behind (seen by the sanitizer). */
static void survives_small_memory(void **state)
{
	(void)state;
	bool built = false;
	for (size_t bytes = 0; bytes < 2 << 20; bytes += bytes / 40 + 97) {
		td_err e = {TD_OK, ""};
		td_graph *g = td_lua_build_within(&registry, (td_limits){1 << 24, bytes, 60}, NULL,
		                                  "p.lua", busy, strlen(busy), NULL, 0, &e);
		built = g != NULL;
		if (!g) {
			assert_true(td_starts(e.text, "p.lua:"));
			assert_non_null(strstr(e.text, ": the script needs over "));
		}
		td_graph_free(g);
	}
	assert_true(built);
}

/* The same for the limit of work. */
static void survives_little_work(void **state)
{
	(void)state;
	bool built = false;
	for (int64_t work = 0; work < 1 << 20 && !built; work += work / 10 + 1000) {
		td_err e = {TD_OK, ""};
		td_graph *g = td_lua_build_within(&registry, (td_limits){work, 64 << 20, 60}, NULL,
		                                  "p.lua", busy, strlen(busy), NULL, 0, &e);
		built = g != NULL;
		if (!g)
			assert_non_null(strstr(
				e.text, ": the script does not end: it took over 0 million"));
		td_graph_free(g);
	}
	assert_true(built);
}

static double processor_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* 100 000 steps in less than a second. */
static void is_fast(void **state)
{
	(void)state;
#ifdef __SANITIZE_ADDRESS__
	const double limit = 20;
#else
	const double limit = 1;
#endif
	td_err e = {TD_OK, ""};
	double began = processor_seconds();
	td_graph *g = build(
		"local t = require \"tandem\"\nreturn t.pipeline { build = function()\n"
		"  local x = t.input { \"x.npy\", shape = \"N\" }\n"
		"  for i = 1, 50000 do x = t.toy.blur { x, k = 3, mode = \"gauss\" }.rest + x end\n"
		"  return { y = t.stage(\"all\", x) }\nend }\n",
		NULL, 0, &e);
	double took = processor_seconds() - began;
	if (!g)
		fail_msg("%s", e.text);
	assert_int_equal(g->steps.n, 100000);
	assert_int_equal(g->steps.items[0].stage, 0);
	td_graph_free(g);
	print_message("100 000 steps in %.3f s\n", took);
	assert_true(took < limit);
}

/* -- what editors and linters are told ------------------------------------ */

static void describes_itself_to_editors(void **state)
{
	(void)state;
	td_str text = {0};
	td_luals_text(&registry, &text);
	const char *meta = td_str_text(&text);
	assert_true(td_starts(meta, "---@meta tandem\n"));
	assert_non_null(strstr(
		meta, "t.toy = {}\n\n"
		      "---@class tandem.args.toy.blur: tandem.StepOptions\n"
		      "---@field [1]? tandem.Value x: f32 or f64 [N T] in ?a: rows\n"
		      "---@field x? tandem.Value f32 or f64 [N T] in ?a: rows\n"
		      "---@field [2]? tandem.Value mask: u8 [N]: rows to leave out (optional)\n"));
	assert_non_null(strstr(
		meta, "---@field k? integer window, 1 … 99, default 3\n"
		      "---@field sigma? number width, in s, 0 … 5, default 1.5\n"
		      "---@field mode? \"box\"|\"gauss\" shape of the window, default \"box\"\n"
		      "---@field causal? boolean only the past, default false\n\n"
		      "---@class tandem.step.toy.blur: tandem.Value\n"
		      "---@field y tandem.Value f32 or f64 [N T] in ?a: smooth rows\n"));
	assert_non_null(
		strstr(meta, "---Smooths rows. Second line.\n---@param args tandem.args.toy.blur\n"
	                     "---@return tandem.step.toy.blur\nfunction t.toy.blur(args) end\n"));
	assert_non_null(strstr(meta, "---@field seed integer which rows"));
	/* it is Lua that runs to its end */
	expect_error(meta,
	             "p.lua:1: the script must end with \"return t.pipeline { … }\"; it returned "
	             "a table");
	td_str_fini(&text);
}

static void tells_luacheck_the_truth(void **state)
{
	(void)state;
	td_str text = {0};
	char *file;
	size_t n;
	td_err e;
	td_luacheck_text(&text);
	if (!td_file_read(".luacheckrc", 1 << 16, &file, &n, &e))
		fail_msg("%s", e.text);
	assert_string_equal(file, td_str_text(&text));
	free(file);
	td_str_fini(&text);
}

/* -- the manual ----------------------------------------------------------- */

/* A block of docs/pipelines.md: a pipeline ("```lua"), or the body of one ("```lua body"). */
static void build_example(const char *text, int line)
{
	td_err e = {TD_OK, ""};
	td_str script = {0}, faults = {0}, body = {0};
	if (td_starts(text, " body\n")) {
		td_str_addf(&body, "local x = t.input { \"x.npy\", shape = \"N T\" }\n%s",
		            text + 5);
		wrap(&script, "", td_str_text(&body));
	} else {
		td_str_add(&script, text);
	}
	td_graph *g = build(td_str_text(&script), NULL, 0, &e);
	if (!g)
		fail_msg("docs/pipelines.md:%d: %s", line, e.text);
	toy_faults(g, &faults);
	if (g->faults.n || !g->outputs.n)
		fail_msg("docs/pipelines.md:%d: %s", line, td_str_text(&faults));
	td_str_fini(&script);
	td_str_fini(&body);
	td_graph_free(g);
}

static void has_examples_that_build(void **state)
{
	(void)state;
	char *text;
	size_t size;
	td_err e;
	int n = 0, line = 1;
	td_registry_fini(&registry);
	toy_registry(&registry, false); /* the manual is about the real nodes */
	if (!td_file_read("docs/pipelines.md", 1 << 20, &text, &size, &e))
		fail_msg("%s", e.text);
	for (char *at = text, *block; (block = strstr(at, "\n```lua")) != NULL; n++) {
		char *end = strstr(block + 1, "\n```\n");
		assert_non_null(end);
		*end = '\0';
		for (; at < block; at++)
			line += *at == '\n';
		build_example(block + strlen("\n```lua"), line + 1);
		*end = '\n';
		at = end;
	}
	assert_in_range(n, 6, 100);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_deterministic),
		cmocka_unit_test(survives_small_memory),
		cmocka_unit_test(survives_little_work),
		cmocka_unit_test(is_fast),
		cmocka_unit_test(describes_itself_to_editors),
		cmocka_unit_test(tells_luacheck_the_truth),
		cmocka_unit_test(has_examples_that_build),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
