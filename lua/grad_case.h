/* grad_case.h: a node's gradient rule against differences of its `ref`. Layer 7. */
#ifndef TD_LUA_GRAD_CASE_H
#define TD_LUA_GRAD_CASE_H

#include "measure/twin.h"

typedef struct {
	const td_case *c;
	bool pass;
	int checked;    /* elements of inputs whose derivative was compared */
	int kinks;      /* elements left out: the function has a corner there */
	double worst;   /* largest difference / what is allowed */
	char text[512]; /* what failed, "" when it passed */
} td_grad_row;

/* Is the case small, finite and of known size, so that differences can be taken? */
bool td_grad_case_fits(const td_case *c);

/* With L = sum of random weights times the elements of the outputs: builds the gradient by the rule, runs
 * it on `ref`, and compares it with (L(x+h) - L(x-h)) / 2h, element by element of the inputs, in double.
 * False only when it could not be tried at all. */
TD_MUST_USE bool td_grad_case(const td_registry *r, const td_case *c, td_device *ref,
                              td_grad_row *row, td_err *e);

#endif
