#include "gate.h"

#include "../base/str.h"

#include <math.h>
#include <string.h>

typedef enum { FLAG, INTERVAL, LARGEST, SUM } kind;

static const struct {
	const char *name;
	kind kind;
	const char *part, *key; /* in the answer's rows */
} gates[] = {
	{"agree", FLAG, NULL, NULL},
	{"bit_identical", FLAG, NULL, NULL},
	{"speedup", INTERVAL, "end_to_end", NULL},
	{"kernel_speedup", INTERVAL, "kernel_only", NULL},
	{"norm_rel", LARGEST, "isolated", "norm_rel"},
	{"accumulated", LARGEST, "accumulated", "norm_rel"},
	{"flips", SUM, "decisions", "flips"},
};

static const char *gate_name(const void *arg, int i)
{
	(void)arg;
	return gates[i].name;
}

static int find_gate(const char *text, size_t n)
{
	for (size_t i = 0; i < TD_COUNT(gates); i++)
		if (strlen(gates[i].name) == n && strncmp(gates[i].name, text, n) == 0)
			return (int)i;
	return -1;
}

bool td_gate_parse(const char *text, td_gate *g, td_err *e)
{
	size_t n = strcspn(text, "<>= ");
	const char *op = text + n + strspn(text + n, " ");
	*g = (td_gate){.text = text, .what = find_gate(text, n)};
	if (g->what < 0) {
		char name[64];
		td_clip(name, sizeof name, "%.*s", (int)(n < 63 ? n : 63), text);
		const char *close = td_closest(name, (int)TD_COUNT(gates), gate_name, NULL);
		return td_fail(e, TD_E_USAGE,
		               "--gate %s: there is no \"%s\"%s%s; there are agree, bit_identical, "
		               "speedup, kernel_speedup, norm_rel, accumulated, flips",
		               text, name, close ? ", did you mean " : "", close ? close : "");
	}
	if (gates[g->what].kind == FLAG)
		return !*op || td_fail(e, TD_E_USAGE, "--gate %s: column %d: nothing may follow %s",
		                       text, (int)(op - text) + 1, gates[g->what].name);
	if (!td_starts(op, ">=") && !td_starts(op, "<="))
		return td_fail(e, TD_E_USAGE, "--gate %s: column %d: >= or <= and a number go here",
		               text, (int)(op - text) + 1);
	g->at_most = *op == '<';
	op += 2 + strspn(op + 2, " ");
	return (td_read_real(op, &g->limit) && !isnan(g->limit)) ||
	       td_fail(e, TD_E_USAGE, "--gate %s: column %d: \"%s\" is not a number", text,
	               (int)(op - text) + 1, op);
}

static const json_t *part_of(const json_t *row, const char *a, const char *b)
{
	return json_object_get(json_object_get(row, a), b);
}

static bool holds(const td_gate *g, double x)
{
	return g->at_most ? x <= g->limit : x >= g->limit;
}

static td_gate_result judge_one(const td_gate *g, const json_t *candidate, char *why, size_t n_why)
{
	const json_t *m = part_of(candidate, "speedup", gates[g->what].part);
	const json_t *low = json_object_get(m, "low"), *high = json_object_get(m, "high");
	const char *device = json_string_value(json_object_get(candidate, "device"));
	if (!json_is_number(low) || !json_is_number(high)) {
		td_clip(why, n_why, "%s: there is no interval", device);
		return TD_GATE_UNDECIDED;
	}
	double lo = json_number_value(low), hi = json_number_value(high);
	td_clip(why, n_why, "%s: %.4g (%.4g to %.4g)", device,
	        json_number_value(json_object_get(m, "value")), lo, hi);
	return holds(g, lo) && holds(g, hi)     ? TD_GATE_PASS
	       : !holds(g, lo) && !holds(g, hi) ? TD_GATE_FAIL
	                                        : TD_GATE_UNDECIDED;
}

/* The worst candidate's: failed before undecided before passed. */
static td_gate_result judge_interval(const td_gate *g, const json_t *a, char *why, size_t n_why)
{
	static const int badness[] = {
		[TD_GATE_PASS] = 0, [TD_GATE_UNDECIDED] = 1, [TD_GATE_FAIL] = 2};
	td_gate_result worst = TD_GATE_PASS;
	const json_t *all = json_object_get(a, "candidates");
	if (json_is_true(part_of(a, "protocol", "biased"))) {
		td_clip(why, n_why, "the session is biased");
		return TD_GATE_UNDECIDED;
	}
	for (size_t i = 0; i < json_array_size(all); i++) {
		char text[128];
		td_gate_result r = judge_one(g, json_array_get(all, i), text, sizeof text);
		if (!i || badness[r] > badness[worst]) {
			worst = r;
			td_clip(why, n_why, "%s", text);
		}
	}
	return worst;
}

/* The largest of, or the sum over, all steps. Rows without the number leave it open, unless it is beyond the
 * limit without them. */
static td_gate_result judge_rows(const td_gate *g, const json_t *a, char *why, size_t n_why)
{
	const json_t *rows = json_object_get(a, "agreement");
	const char *unknown = NULL;
	double total = 0;
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i),
			     *x = part_of(row, gates[g->what].part, gates[g->what].key);
		const char *step = json_string_value(json_object_get(row, "step"));
		double v = json_number_value(x);
		if (!json_is_number(x)) {
			unknown = unknown ? unknown : step;
		} else if (gates[g->what].kind == SUM) {
			total += v;
		} else if (v > total) {
			total = v;
			td_clip(why, n_why, "%.3g in step %s", v, step);
		}
	}
	if (unknown && holds(g, total) == g->at_most) {
		td_clip(why, n_why, "it is not known for step %s", unknown);
		return TD_GATE_UNDECIDED;
	}
	if (gates[g->what].kind == SUM || !(total > 0))
		td_clip(why, n_why, "%g", total);
	return holds(g, total) ? TD_GATE_PASS : TD_GATE_FAIL;
}

td_gate_result td_gate_judge(const td_gate *g, const json_t *a, char *why, size_t n_why)
{
	bool agree = td_same(json_string_value(json_object_get(a, "verdict")), "AGREE");
	*why = '\0';
	if (gates[g->what].kind == FLAG) {
		bool ok = g->what == 0 ? agree : json_is_true(json_object_get(a, "bit_identical"));
		return ok ? TD_GATE_PASS : TD_GATE_FAIL;
	}
	if (gates[g->what].kind == INTERVAL && !agree) {
		td_clip(why, n_why, "what does not agree has no speed-up");
		return TD_GATE_FAIL;
	}
	return gates[g->what].kind == INTERVAL ? judge_interval(g, a, why, n_why)
	                                       : judge_rows(g, a, why, n_why);
}

const char *td_gate_result_name(td_gate_result r)
{
	return r == TD_GATE_PASS ? "pass" : r == TD_GATE_FAIL ? "FAIL" : "undecided";
}
