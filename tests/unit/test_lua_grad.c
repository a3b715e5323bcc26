/* t.grad: the graph it makes, and what it says when there is no gradient. That the rules are right, `tandem
 * twin --grad` shows. */
#include "lua_expect.h"

#include "check/check.h"

static int real_nodes(void **state)
{
	(void)state;
	td_registry_init(&registry);
	td_log_quiet(true);
	return 0;
}

static void told(const char *body, const char *want)
{
	expect_faults_of("", body, NULL, 0, want);
}

#define INPUTS                                                                                     \
	"local x, w = t.input { \"x.npy\", shape = \"N K\" }, t.input { \"w.npy\", shape = \"K\" " \
	"} "

static void says_why_there_is_none(void **state)
{
	(void)state;
	told(INPUTS "return { g = t.grad(x * w, w) }",
	     "p.lua:3:98 TD0203 t.grad takes the gradient of one number, and mul is [N K]\n"
	     "  fix: sum it up first, or give the gradient at it: t.grad(y, params, dy)\n");
	told(INPUTS "return { g = t.grad(t.tensor.sum { w }, x) }",
	     "p.lua:3:98 TD0110 t.grad: sum does not depend on x, as far as gradients go\n");
	told(INPUTS "return { g = t.grad(t.tensor.argmax { w }, w) }",
	     "p.lua:3:98 TD0201 t.grad: argmax is i32, and only f32 and f64 have gradients\n"
	     "p.lua:3:98 TD0110 t.grad: argmax does not depend on w, as far as gradients go\n");
	told(INPUTS "return { g = t.grad(t.tensor.sum { w }, { w = w, b = 3 }).w }",
	     "p.lua:3:98 TD0102 t.grad: the parameter b is no value but a number\n");
	told(INPUTS "local last = t.loop(3, { w = w }, function(s) return { w = s.w * 2 } end)\n"
	            "return { g = t.grad(t.tensor.sum { last.w }, w) }",
	     "p.lua:4:16 TD0110 the gradient cannot go back through t.loop, which makes carry 1 of "
	     "loop 1\n"
	     "  fix: take the gradient in the body of the loop, of what the body makes\n");
	told(INPUTS "local r = t.graph.corr { t.graph.standardise { x * w } }\n"
	            "return { g = t.grad(t.tensor.sum { t.tensor.flatten { r } }, w) }",
	     "p.lua:4:16 TD0110 the gradient has to go back through graph.corr (step \"corr\", "
	     "p.lua:3), which has no gradient rule\n"
	     "  fix: take gradients of what comes behind it, or write a rule beside its cases\n");
}

/* Builds the body and checks the graph; returns its text. */
static void assert_builds(const char *body, td_str *text)
{
	td_err e = {0};
	td_str script = {0};
	td_diags d = {0};
	wrap(&script, "", body);
	td_graph *g = build(td_str_text(&script), NULL, 0, &e);
	if (!g)
		fail_msg("%s", e.text);
	td_check(g, &d);
	if (d.errors) {
		td_str said = {0};
		td_diags_text(&d, g, false, &said);
		fail_msg("%s", td_str_text(&said));
	}
	td_graph_text(g, text);
	td_diags_fini(&d);
	td_graph_free(g);
	td_str_fini(&script);
}

/* The lines of the text that hold the word, one after the other. */
static void assert_lines(const char *body, const char *word, const char *want)
{
	td_str text = {0}, found = {0};
	assert_builds(body, &text);
	for (const char *line = td_str_text(&text); *line;) {
		size_t n = strcspn(line, "\n");
		const char *at = strstr(line, word);
		if (at && at < line + n)
			td_str_addf(&found, "%.*s\n", (int)n, line);
		line += n + (line[n] != 0);
	}
	assert_string_equal(td_str_text(&found), want);
	td_str_fini(&text);
	td_str_fini(&found);
}

/* w is used three times: what arrives last on the way forward is first on the way back. */
static void adds_up_in_one_order(void **state)
{
	(void)state;
	assert_lines("local w = t.input { \"w.npy\", shape = \"1\" }\n"
	             "local y = t.tensor.square { w } + w * w\n"
	             "return { g = t.grad(y, w) }",
	             "tensor.add@1",
	             "%3 = tensor.add@1(%1 %2) as \"add\"\n"
	             "%7 = tensor.add@1(%5 %6) as \"add_6\"\n"
	             "%10 = tensor.add@1(%7 %9) as \"add_9\"\n");
}

/* Only what leads to the parameters is made: nothing is left over, and no step is done for x. */
static void makes_what_is_needed(void **state)
{
	(void)state;
	td_str text = {0};
	assert_builds(INPUTS "local y = t.tensor.mean { t.tensor.mean { (x * w - 1) * x } }\n"
	                     "return { g = t.grad(y, { w = w }).w, y = y }",
	              &text);
	assert_null(strstr(td_str_text(&text), "matmul"));
	td_str_fini(&text);
	assert_lines(INPUTS "local y = t.tensor.sum { t.tensor.matmul { x, x * w, tb = true } }\n"
	                    "return { g = t.grad(t.tensor.sum { y }, w) }",
	             "tensor.matmul@1",
	             "%3 = tensor.matmul@1(%0 %2) ta=false tb=true as \"matmul\"\n"
	             "%11 = tensor.matmul@1(%10 %0) ta=true tb=false as \"matmul_9\"\n");
}

/* A training step in the body of a loop. */
static void works_in_a_loop(void **state)
{
	(void)state;
	td_str text = {0};
	assert_builds(
		INPUTS
		"local last, series = t.loop(10, { w = w }, function(s)\n"
		"  local loss = t.tensor.mean { t.tensor.mean { t.tensor.square { x * s.w } } }\n"
		"  return { w = s.w - t.grad(loss, s.w) * 0.1 }, { loss = loss }\n"
		"end)\n"
		"return { w = last.w, loss = series.loss }",
		&text);
	td_str_fini(&text);
	/* what went into the loop is a parameter like others for what comes behind it */
	assert_builds("local w = t.input { \"w.npy\", shape = \"3\" }\n"
	              "local last = t.loop(2, { w = w }, function(s) return { w = s.w * 2 } end)\n"
	              "return { g = t.grad(t.tensor.sum { t.tensor.square { last.w } }, last.w) }",
	              &text);
	td_str_fini(&text);
}

/* A gradient of a gradient. */
static void goes_on_from_gradients(void **state)
{
	(void)state;
	td_str text = {0};
	assert_builds("local w = t.input { \"w.npy\", shape = \"1\" }\n"
	              "local g = t.grad(w * w * w, w)\n"
	              "return { h = t.grad(g, w) }",
	              &text);
	td_str_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_why_there_is_none), cmocka_unit_test(adds_up_in_one_order),
		cmocka_unit_test(makes_what_is_needed),   cmocka_unit_test(works_in_a_loop),
		cmocka_unit_test(goes_on_from_gradients),
	};
	return cmocka_run_group_tests(tests, real_nodes, tear_down);
}
