#include "unit.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_HALF_EXP = 100 };

typedef struct {
	const char *name;
	double scale;
	int8_t exp[TD_N_BASE_UNITS];
	bool prefixes;
} named;

/* Base units first: the writer composes what has no name of its own from these. */
static const named units[] = {
	{"m", 1, {1}, true},
	{"kg", 1, {0, 1}, false},
	{"s", 1, {0, 0, 1}, true},
	{"A", 1, {0, 0, 0, 1}, true},
	{"K", 1, {0, 0, 0, 0, 1}, true},
	{"mol", 1, {0, 0, 0, 0, 0, 1}, true},
	{"cd", 1, {0, 0, 0, 0, 0, 0, 1}, true},
	{"V", 1, {2, 1, -3, -1}, true},
	{"Hz", 1, {0, 0, -1}, true},
	{"Ohm", 1, {2, 1, -3, -2}, true},
	{"W", 1, {2, 1, -3}, true},
	{"J", 1, {2, 1, -2}, true},
	{"N", 1, {1, 1, -2}, true},
	{"Pa", 1, {-1, 1, -2}, true},
	{"T", 1, {0, 1, -2, -1}, true},
	{"g", 1e-3, {0, 1}, true},
	{"min", 60, {0, 0, 1}, false},
	{"1", 1, {0}, false},
	{"%", 0.01, {0}, false},
};

static const struct {
	char letter;
	double scale;
} prefixes[] = {{'f', 1e-15}, {'p', 1e-12}, {'n', 1e-9}, {'u', 1e-6}, {'m', 1e-3},
                {'c', 1e-2},  {'k', 1e3},   {'M', 1e6},  {'G', 1e9}};

/* Quantities that never mix with plain numbers or with each other. */
static const char *const tags[] = {"dB", "prob", "z", "rad", "bool"};

static const named *find_named(const char *name, size_t n)
{
	for (size_t i = 0; i < TD_COUNT(units); i++)
		if (strlen(units[i].name) == n && memcmp(units[i].name, name, n) == 0)
			return &units[i];
	return NULL;
}

static void from_named(const named *u, double prefix, td_unit *out)
{
	*out = (td_unit){.known = true, .scale = u->scale * prefix};
	for (int i = 0; i < TD_N_BASE_UNITS; i++)
		out->half_exp[i] = (int8_t)(2 * u->exp[i]);
}

static bool read_name(const char *name, size_t n, td_unit *out)
{
	const named *u = find_named(name, n);
	if (u) {
		from_named(u, 1, out);
		return true;
	}
	for (size_t i = 0; i < TD_COUNT(tags); i++)
		if (strlen(tags[i]) == n && memcmp(tags[i], name, n) == 0) {
			*out = (td_unit){.known = true, .scale = 1, .tag = (int8_t)(i + 1)};
			return true;
		}
	char number[32] = "";
	double scale;
	if (n < sizeof number && td_read_real(memcpy(number, name, n), &scale) && scale > 0 &&
	    scale < HUGE_VAL) {
		*out = (td_unit){.known = true, .scale = scale};
		return true;
	}
	u = n > 1 ? find_named(name + 1, n - 1) : NULL;
	for (size_t i = 0; u && u->prefixes && i < TD_COUNT(prefixes); i++)
		if (prefixes[i].letter == name[0]) {
			from_named(u, prefixes[i].scale, out);
			return true;
		}
	return false;
}

/* out *= u^(half / 2). Returns NULL, or why that is no unit. An unknown factor makes the product
 * unknown. */
static const char *multiply(td_unit *out, const td_unit *u, int half)
{
	static const td_unit one = {.known = true, .scale = 1};
	if (!u->known || !out->known) {
		*out = (td_unit){0};
		return NULL;
	}
	if (u->tag || out->tag) { /* a tagged unit only stands alone, or beside "1" */
		if (u->tag && td_unit_equal(out, &one) && half == 2)
			*out = *u;
		else if (!td_unit_equal(u, &one))
			return "mixes a tag (dB, prob, z …) with other units";
		return NULL;
	}
	for (int i = 0; i < TD_N_BASE_UNITS; i++) {
		int x = u->half_exp[i] * half;
		if (x % 2)
			return "has an exponent that is no multiple of 1/2";
		x = out->half_exp[i] + x / 2;
		if (abs(x) > MAX_HALF_EXP)
			return "has an exponent out of range";
		out->half_exp[i] = (int8_t)x;
	}
	out->scale *= half == 2 ? u->scale : half == -2 ? 1 / u->scale : pow(u->scale, half / 2.0);
	return out->scale > 0 && out->scale < HUGE_VAL ? NULL : "has a scale out of range";
}

/* One factor "name", "name^2", "?a^0.5"; returns the characters taken, 0 when it is none. */
static size_t read_factor(const char *s, const td_unit_vars *vars, td_unit *u, int *half)
{
	size_t n = 0;
	*half = 2;
	if (s[0] == '?' && islower((unsigned char)s[1])) {
		if (!vars)
			return 0;
		*u = vars->var[s[1] - 'a'];
		n = 2;
	} else {
		while (s[n] && !strchr("*/^ ", s[n]))
			n++;
		if (!n || !read_name(s, n, u))
			return 0;
	}
	if (s[n] == '^') {
		char *end;
		double x = strtod(s + n + 1, &end) * 2;
		if (end == s + n + 1 || !(fabs(x) <= MAX_HALF_EXP) || !td_feq_exact(x, rint(x)))
			return 0;
		*half = (int)x;
		n = (size_t)(end - s);
	}
	return n;
}

bool td_unit_parse(const char *text, const td_unit_vars *vars, td_unit *unit, td_err *e)
{
	const char *at = text;
	td_unit out = {.known = true, .scale = 1};
	for (int sign = 1;;) {
		td_unit u;
		int half;
		size_t n = read_factor(at, vars, &u, &half);
		if (!n)
			return td_fail(e, TD_E_USAGE,
			               "\"%s\" is no unit I know at \"%s\"; write V, uV, Hz, "
			               "m/s^2, dB, prob, 1 …",
			               text, at);
		const char *why = multiply(&out, &u, sign * half);
		if (why)
			return td_fail(e, TD_E_USAGE, "the unit \"%s\" %s", text, why);
		at += n;
		if (!*at)
			break;
		if (*at != '*' && *at != '/')
			return td_fail(e, TD_E_USAGE, "the unit \"%s\" needs * or / at \"%s\"",
			               text, at);
		sign = *at++ == '/' ? -1 : 1;
	}
	*unit = out;
	return true;
}

bool td_unit_alike(const td_unit *a, const td_unit *b)
{
	return a->known == b->known && a->tag == b->tag &&
	       memcmp(a->half_exp, b->half_exp, sizeof a->half_exp) == 0;
}

bool td_unit_equal(const td_unit *a, const td_unit *b)
{
	/* prefixes multiply up rounding errors: 1e-6 * 1e3 is not exactly 1e-3 */
	return td_unit_alike(a, b) && fabs(a->scale - b->scale) <= 1e-12 * fabs(a->scale);
}

/* A prefix such that prefix * name^power has the wanted scale? Fills `out`. */
static bool name_scaled(const named *u, int power, const td_unit *want, td_unit_name *out)
{
	td_unit base;
	from_named(u, 1, &base);
	for (int i = 0; i < TD_N_BASE_UNITS; i++)
		if (base.half_exp[i] * power != want->half_exp[i])
			return false;
	for (size_t i = 0; i <= TD_COUNT(prefixes); i++) {
		bool bare = i == TD_COUNT(prefixes);
		double scale = pow((bare ? 1 : prefixes[i].scale) * u->scale, power);
		if (fabs(scale - want->scale) > 1e-12 * scale || (!bare && !u->prefixes))
			continue;
		char letter[2] = {bare ? '\0' : prefixes[i].letter, '\0'};
		td_clip(out->text, sizeof out->text, power == 1 ? "%s%s" : "%s%s^%d", letter,
		        u->name, power);
		return true;
	}
	return false;
}

td_unit_name td_unit_text(const td_unit *unit)
{
	td_unit_name out = {"no unit"};
	if (!unit->known)
		return out;
	if (unit->tag) {
		td_clip(out.text, sizeof out.text, "%s", tags[unit->tag - 1]);
		return out;
	}
	static const int powers[] = {1, 2, -1, -2};
	for (size_t p = 0; p < TD_COUNT(powers); p++)
		for (size_t i = 0; i < TD_COUNT(units); i++)
			if (name_scaled(&units[i], powers[p], unit, &out))
				return out;
	size_t n = 0;
	if (!td_feq_exact(unit->scale, 1))
		n = td_clip(out.text, sizeof out.text, "%s", td_number_text(unit->scale).text);
	for (int i = 0; i < TD_N_BASE_UNITS; i++)
		if (unit->half_exp[i]) {
			double power = unit->half_exp[i] / 2.0;
			n += td_clip(out.text + n, sizeof out.text - n, "%s%s", n ? "*" : "",
			             units[i].name);
			if (!td_feq_exact(power, 1))
				n += td_clip(out.text + n, sizeof out.text - n, "^%s",
				             td_number_text(power).text);
		}
	return out;
}
