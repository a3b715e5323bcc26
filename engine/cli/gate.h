/* gate.h: conditions that a comparison must meet, for machines that watch over code. Layer 8.
 *
 *   agree, bit_identical             no number
 *   speedup>=N, kernel_speedup>=N    of every candidate, also <=; judged by the 95 % interval: what it
 *                                    leaves open is undecided
 *   norm_rel<=N, accumulated<=N      the largest isolated or accumulated error of any step, relative
 *   flips<=N                         decisions that differ within their margin, in all */
#ifndef TD_CLI_GATE_H
#define TD_CLI_GATE_H

#include "../base/err.h"

#include <jansson.h>

typedef enum { TD_GATE_PASS, TD_GATE_FAIL, TD_GATE_UNDECIDED } td_gate_result;

typedef struct {
	const char *text;
	int what;
	bool at_most;
	double limit;
} td_gate;

/* TD_E_USAGE says what is wrong, and where. */
TD_MUST_USE bool td_gate_parse(const char *text, td_gate *g, td_err *e);

/* Holds the answer of a comparison ("tandem/compare/1") against a gate. */
td_gate_result td_gate_judge(const td_gate *g, const json_t *answer, char *why, size_t n_why);
const char *td_gate_result_name(td_gate_result r);

#endif
