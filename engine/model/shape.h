/* shape.h: port shape strings: what they say and how they fit tensors. Layer 1. */
#ifndef TD_MODEL_SHAPE_H
#define TD_MODEL_SHAPE_H

#include "dim.h"

enum { TD_MAX_NAMES = 24 }; /* symbols and integer parameters of one node */

/* One dim of a shape string: text[0 … n). */
typedef struct {
	const char *text;
	size_t n;
	const char *late; /* "kept<=E": start of "kept" (late_n long), text is "E"; else NULL */
	size_t late_n;
	bool or_one; /* "1|E": text is "E", and an extent of 1 fits as well */
} td_shape_word;

typedef struct {
	bool any_lead; /* starts with "..." */
	int n;
	td_shape_word word[TD_MAX_RANK];
} td_shape_spec;

/* Splits a shape string. */
TD_MUST_USE bool td_shape_spec_read(const char *shape, td_shape_spec *spec, td_err *e);

/* What the names in a node's shape strings stand for in one step. */
typedef struct {
	td_dims *dims;
	const td_node *node;
	const void *params;
	int n;
	struct {
		char name[32];
		td_dim dim;
	} bound[TD_MAX_NAMES];
	int n_lead; /* -1: "..." not met yet */
	td_dim lead[TD_MAX_RANK];
} td_shape_scope;

void td_shape_scope_init(td_shape_scope *s, td_dims *dims, const td_node *node, const void *params);
/* The dim bound to a plain name of n characters, or TD_DIM_BAD. Integer parameters count as bound. */
td_dim td_shape_scope_get(td_shape_scope *s, const char *name, size_t n);
void td_shape_scope_bind(td_shape_scope *s, const char *name, size_t n, td_dim dim);
/* Value of an expression; false with a message when a name is not bound. */
TD_MUST_USE bool td_shape_scope_eval(td_shape_scope *s, const char *text, size_t n, td_dim *out,
                                     td_err *e);
/* Is the word one plain name (and so able to bind)? */
bool td_shape_word_plain(const td_shape_word *w);

#endif
