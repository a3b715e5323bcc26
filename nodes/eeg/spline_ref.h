/* spline_ref.h: spherical splines for the oracles, from the definition. Host only. */
#ifndef TD_NODES_EEG_SPLINE_REF_H
#define TD_NODES_EEG_SPLINE_REF_H

#include "spline.h"

#include <math.h>
#include <stdint.h>

/* The series by Clenshaw's recurrence, which spline_g does not use. */
static inline double ref_g(double x)
{
	double b1 = 0, b2 = 0;
	for (int n = SPLINE_TERMS; n >= 0; n--) {
		double c = n ? (2.0 * n + 1) / (4 * acos(-1.0) * pow(n, 4) * pow(n + 1, 4)) : 0;
		double b = c + (2.0 * n + 1) / (n + 1) * x * b1 - (n + 1.0) / (n + 2) * b2;
		b2 = b1;
		b1 = b;
	}
	return b1;
}

/* Of M of all n channels. */
static inline double ref_element(const double *pos, int n, int i, int j)
{
	if (i == n || j == n)
		return i != j;
	return ref_g(spline_cosine(pos + 3 * (int64_t)i, pos + 3 * (int64_t)j)) +
	       (i == j ? 1e-5 : 0);
}

/* Inverse of m [n][n] (destroyed) by Gauss and Jordan with row exchanges. */
static inline void ref_inverse(double *m, double *inverse, int64_t n)
{
	for (int64_t i = 0; i < n * n; i++)
		inverse[i] = i / n == i % n;
	for (int64_t k = 0; k < n; k++) {
		int64_t p = k;
		for (int64_t i = k; i < n; i++)
			p = fabs(m[i * n + k]) > fabs(m[p * n + k]) ? i : p;
		double pivot = m[p * n + k];
		for (int64_t j = 0; j < 2 * n; j++) {
			double *a = j < n ? m + j : inverse + j - n, x = a[p * n];
			a[p * n] = a[k * n];
			a[k * n] = x / pivot;
		}
		for (int64_t i = 0; i < n; i++) {
			double f = i == k ? 0 : m[i * n + k];
			for (int64_t j = 0; j < n; j++) {
				m[i * n + j] -= f * m[k * n + j];
				inverse[i * n + j] -= f * inverse[k * n + j];
			}
		}
	}
}

#endif
