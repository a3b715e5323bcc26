#include "diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const td_rule rules[] = {
#define TD_RULE(id, level, title, cause, cure) {id, level, title, cause, cure},
#include "rules.def"
#undef TD_RULE
};

const td_rule *td_rules(int *n)
{
	*n = (int)TD_COUNT(rules);
	return rules;
}

static int by_id(const void *id, const void *rule)
{
	return strcmp(id, ((const td_rule *)rule)->id);
}

const td_rule *td_rule_find(const char *id)
{
	return bsearch(id, rules, TD_COUNT(rules), sizeof rules[0], by_id);
}

/* -- adding --------------------------------------------------------------- */

void td_diags_fini(td_diags *d)
{
	td_arena_fini(&d->arena);
	*d = (td_diags){0};
}

static void count(td_diags *d, td_level level, int by)
{
	d->errors += level == TD_ERROR ? by : 0;
	d->warnings += level == TD_WARNING ? by : 0;
}

/* With --strict a warning is an error. */
static td_level final_level(const td_diags *d, td_level level)
{
	return d->strict && level == TD_WARNING ? TD_ERROR : level;
}

td_diag *td_diag_add(td_diags *d, const char *rule, td_origin at, const char *fmt, ...)
{
	td_diag x = {.rule = td_rule_find(rule), .at = at};
	va_list args;
	if (!x.rule) { /* a defect of tandem: a test looks up every id that the sources use */
		fprintf(stderr, "tandem: there is no rule %s\n", rule);
		abort();
	}
	va_start(args, fmt);
	x.text = td_arena_vprintf(&d->arena, fmt, args);
	va_end(args);
	if (at.file)
		x.at.file = td_arena_strdup(&d->arena, at.file);
	x.level = final_level(d, x.rule->level);
	count(d, x.level, 1);
	TD_PUSH(&d->arena, *d, x);
	return &d->items[d->n - 1];
}

void td_diag_level(td_diags *d, td_diag *x, td_level level)
{
	count(d, x->level, -1);
	x->level = final_level(d, level);
	count(d, x->level, 1);
}

void td_diag_fix(td_diags *d, td_diag *x, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	x->fix = td_arena_vprintf(&d->arena, fmt, args);
	va_end(args);
}

void td_diag_other(td_diags *d, td_diag *x, td_origin at, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	x->other_text = td_arena_vprintf(&d->arena, fmt, args);
	va_end(args);
	x->other = at;
	if (at.file)
		x->other.file = td_arena_strdup(&d->arena, at.file);
}

void td_diag_path(td_diags *d, td_diag *x, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	x->path = td_arena_vprintf(&d->arena, fmt, args);
	va_end(args);
}

/* -- sorting -------------------------------------------------------------- */

static int compare_text(const char *a, const char *b)
{
	return !a || !b ? (a != NULL) - (b != NULL) : strcmp(a, b);
}

static int by_place(const void *a, const void *b)
{
	const td_diag *x = a, *y = b;
	int c = compare_text(x->at.file, y->at.file);
	c = c ? c : (x->at.line > y->at.line) - (x->at.line < y->at.line);
	c = c ? c : (x->at.col > y->at.col) - (x->at.col < y->at.col);
	c = c ? c : strcmp(x->rule->id, y->rule->id);
	return c ? c : strcmp(x->text, y->text); /* qsort alone would not keep their order */
}

void td_diags_sort(td_diags *d)
{
	if (d->n)
		qsort(d->items, (size_t)d->n, sizeof *d->items, by_place);
}
