/* bind_tensor.h: the tensors that test cases are made of, `c` in a node's .lua file. Inner. */
#ifndef TD_LUA_BIND_TENSOR_H
#define TD_LUA_BIND_TENSOR_H

#include "script.h"

/* Numbers as they were written or drawn: doubles, or int64_t where the dtype is an integer. They
 * are rounded to the dtype when an input is made of them. */
typedef struct {
	td_dtype dtype;
	int rank;
	int64_t dim[TD_MAX_RANK], n;
	union {
		double *r;
		int64_t *i;
	} as;
} td_draft;

/* Pushes the table `c`. Its tensors live in `arena`. */
void td_bind_tensors(lua_State *L, td_arena *arena);
/* The draft at `index`, or NULL. */
const td_draft *td_bind_draft(lua_State *L, int index);
/* Fills `out` with data of the draft's dtype in the arena, rounded to it. */
void td_draft_input(lua_State *L, td_arena *arena, const td_draft *d, td_tensor *out);
/* The same in f64, or in i64 where `whole`; raises when an element is no integer then. */
void td_draft_expected(lua_State *L, td_arena *arena, const td_draft *d, bool whole,
                       td_tensor *out);

#endif
