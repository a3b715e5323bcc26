/* agree.h: how close is close enough. Layer 5.
 *
 * The limits follow from the port's closeness, the dtype, the length of the sum and the data's own
 * magnitudes, never from a constant that fits all (docs/measuring.md, "Limits"). */
#ifndef TD_MEASURE_AGREE_H
#define TD_MEASURE_AGREE_H

#include "../run/record.h"

typedef struct {
	td_closeness kind;
	double limit; /* what `worst` is held against */
	double worst; /* exact: elements that differ; ulp: ulps; sum: error / (u c); decision: wrong ones */
	double max_abs, max_ulp, norm_rel;
	int64_t n, worst_index; /* -1: no error anywhere */
	double worst_got, worst_ref;
	td_decisions decisions;
	bool pass;
} td_agreement;

/* Compares `got` with the oracle's output `ref` (f64 or i64, same dims; host data). `mag`: c of each
 * element for TD_SUM, NULL otherwise. `length`: of the sum. `factor` widens the limit. TD_DECISION is
 * judged by td_agree_decisions. NaN agrees with NaN only, an infinity with itself only. */
td_agreement td_agree(const td_tol *tol, double length, double factor, const td_tensor *got,
                      const td_tensor *ref, const double *mag);
/* The judgement of the node's own `decide` for one decision port. */
td_agreement td_agree_decisions(const td_decisions *d, int port);

/* Largest |a-b| and ||a-b|| / ||b|| between two tensors of any dtype with the same number of
 * elements; infinite where NaN or infinities do not match. */
void td_difference(const td_tensor *a, const td_tensor *b, double *max_abs, double *norm_rel);
/* Same dims and same bits (NaNs with any payload are the same). */
bool td_same_bits(const td_tensor *a, const td_tensor *b);

/* Distance of two floats in units in the last place; across zero too. Infinite for NaN. */
double td_ulp_distance_f32(float a, float b);
double td_ulp_distance_f64(double a, double b);

const char *td_closeness_name(td_closeness c);

#endif
