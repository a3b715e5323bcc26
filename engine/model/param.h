/* param.h: parameters of nodes: literals as the user wrote them, turned into the node's params
 * struct. Layer 1. */
#ifndef TD_MODEL_PARAM_H
#define TD_MODEL_PARAM_H

#include "../base/str.h"

typedef enum { TD_LIT_INT, TD_LIT_REAL, TD_LIT_FLAG, TD_LIT_TEXT } td_lit_kind;

/* A literal: a Lua value, a word of a graph text, an argument of -p. */
typedef struct {
	td_lit_kind kind;
	union {
		int64_t i;
		double r;
		bool b;
		const char *s;
	} as;
} td_lit;

/* "k = 10" as written. */
typedef struct {
	const char *name;
	td_lit value;
} td_setting;

/* The row of that name, or NULL. */
const td_param *td_param_find(const td_node *node, const char *name);
/* The parameter name closest to a wrong one, or NULL. */
const char *td_param_closest(const td_node *node, const char *name);

/* Fills a zeroed params struct with the defaults; required ones stay zero. */
void td_params_default(const td_node *node, void *params);
/* Checks type and range and stores the value at its offset. The message says what is allowed. */
TD_MUST_USE bool td_param_set(const td_param *p, void *params, const td_lit *v, td_err *e);

/* The value of a TD_INT, TD_FLAG or TD_CHOICE parameter. */
int64_t td_param_int(const td_param *p, const void *params);
/* The text of the chosen word of a TD_CHOICE parameter. */
const char *td_param_choice(const td_param *p, const void *params);
/* The value as text that reads back as the same value. */
void td_param_text(const td_param *p, const void *params, td_str *out);

/* Reads a word as a literal: true, false, an integer, a real, else text. */
td_lit td_lit_read(const char *word);
void td_lit_text(const td_lit *v, td_str *out);

#endif
