/* diag.h: findings of check and plan: codes, positions, text, JSON, SARIF. Layer 2. */
#ifndef TD_CHECK_DIAG_H
#define TD_CHECK_DIAG_H

#include "../model/graph.h"

typedef enum { TD_INFO, TD_WARNING, TD_ERROR } td_level;

/* One row a rule, from check/rules.def. */
typedef struct {
	const char *id; /* "TD0203" */
	td_level level;
	const char *title;        /* "shapes do not fit" */
	const char *cause, *cure; /* for docs/checks.md and SARIF help */
} td_rule;

const td_rule *td_rules(int *n);
const td_rule *td_rule_find(const char *id); /* never NULL for a known id; NULL otherwise */

typedef struct {
	const td_rule *rule;
	td_level level; /* after --strict */
	td_origin at;
	const char *text; /* what is wrong, with the values */
	const char *fix;  /* what to do; NULL: nothing more than the text says */
	const char *path; /* "step corr", what a fingerprint hangs on; NULL: the file */
	td_origin other;  /* the other end of an edge; file NULL: none */
	const char *other_text;
} td_diag;

typedef struct {
	td_arena arena;
	td_diag *items;
	int n, cap;
	int errors, warnings;
	bool strict; /* warnings count as errors */
} td_diags;

void td_diags_fini(td_diags *d);

/* Adds a finding and returns it, for the optional fields. `fmt` is the text. */
td_diag *td_diag_add(td_diags *d, const char *rule, td_origin at, const char *fmt, ...)
	TD_PRINTF(4, 5);
/* Gives a finding another level than its rule has; keeps the counts right. */
void td_diag_level(td_diags *d, td_diag *x, td_level level);
void td_diag_fix(td_diags *d, td_diag *x, const char *fmt, ...) TD_PRINTF(3, 4);
void td_diag_other(td_diags *d, td_diag *x, td_origin at, const char *fmt, ...) TD_PRINTF(4, 5);
void td_diag_path(td_diags *d, td_diag *x, const char *fmt, ...) TD_PRINTF(3, 4);

/* Orders findings by file, line, column, rule; needed once, before writing. */
void td_diags_sort(td_diags *d);

/* Writers. `g` gives source texts, from which columns and quoted lines come; it may be NULL.
 * Text: "file:line:col: error[TD0203]: …" with "  note:" and "  fix:" lines. */
void td_diags_text(const td_diags *d, const td_graph *g, bool colour, td_str *out);
void td_diags_json(const td_diags *d, const td_graph *g, td_str *out);
void td_diags_sarif(const td_diags *d, const td_graph *g, td_str *out);

#endif
