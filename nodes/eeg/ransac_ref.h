/* ransac_ref.h: predictions of subsets of channels for the oracle, from the definition. Host only. */
#ifndef TD_NODES_EEG_RANSAC_REF_H
#define TD_NODES_EEG_RANSAC_REF_H

#include "spline_ref.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

typedef struct {
	const double *x, *g;
	int64_t channels, samples, subsets, width;
	int64_t *list;         /* [subsets][channels + 1] */
	double *weights, *mag; /* [subsets][channels * width] */
	double *work;          /* [subsets] */
} ref_ransac;

/* The channels of a subset, in its own order; false when it makes no sense. */
static inline bool ref_list(const ref_ransac *m, const int64_t *subset, int64_t *list)
{
	bool fine = true;
	list[0] = 0;
	for (int64_t k = 0; k < m->width; k++) {
		bool there = subset[k] >= 0 && subset[k] < m->channels;
		for (int64_t i = 1; there && i <= list[0]; i++)
			there = list[i] != subset[k];
		if (there)
			list[++list[0]] = subset[k];
		fine = fine && (there || subset[k] == -1);
	}
	return fine && list[0] > 0;
}

/* c = |a| |b| */
static inline void ref_product(const double *a, const double *b, double *c, int64_t n)
{
	for (int64_t i = 0; i < n * n; i++) {
		c[i] = 0;
		for (int64_t k = 0; k < n; k++)
			c[i] += fabs(a[i / n * n + k] * b[k * n + i % n]);
	}
}

/* Weights of subset r, and what rounding of M does to them, to first order: |G_B. 1| |P| |M| |P|.
 * `room` is for five matrices. */
static inline void ref_subset(const ref_ransac *m, int64_t r, double *room)
{
	const int64_t *list = m->list + r * (m->channels + 1);
	int64_t n = list[0] + 1, size = n * n, at = r * m->channels * m->width;
	double *matrix = room, *work = room + size, *p = work + size, *half = p + size,
	       *spread = half + size;
	for (int64_t i = 0; i < size; i++)
		work[i] = matrix[i] =
			i / n == n - 1 || i % n == n - 1
				? i / n != i % n
				: m->g[list[1 + i / n] * m->channels + list[1 + i % n]] +
					  (i / n == i % n ? 1e-5 : 0);
	ref_inverse(work, p, n);
	ref_product(p, matrix, half, n);
	ref_product(half, p, spread, n);
	for (int64_t i = 0; i < m->channels * (n - 1); i++) {
		m->weights[at + i] = m->mag[at + i] = 0;
		for (int64_t k = 0; k < n; k++) {
			double g = k == n - 1 ? 1 : m->g[i / (n - 1) * m->channels + list[1 + k]];
			m->weights[at + i] += g * p[k * n + i % (n - 1)];
			m->mag[at + i] += fabs(g) * spread[k * n + i % (n - 1)];
		}
	}
}

static inline int ref_ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* The median prediction of one sample, x [channels] lying `samples` apart. */
static inline double ref_median(const ref_ransac *m, const double *x, int64_t c, double *mag)
{
	*mag = 0;
	for (int64_t r = 0; r < m->subsets; r++) {
		const int64_t *list = m->list + r * (m->channels + 1);
		int64_t n = list[0], at = r * m->channels * m->width + c * n;
		double spread = 0;
		m->work[r] = 0;
		for (int64_t j = 0; j < n; j++) {
			double v = x[list[1 + j] * m->samples];
			m->work[r] += m->weights[at + j] * v;
			spread += m->mag[at + j] * fabs(v);
		}
		*mag = fmax(*mag, spread); /* no median moves by more than the most that moves */
	}
	qsort(m->work, (size_t)m->subsets, sizeof *m->work, ref_ascending);
	return (m->work[m->subsets / 2] + m->work[(m->subsets - 1) / 2]) / 2;
}

/* One epoch's correlation of a channel, x [channels][samples]. */
static inline double ref_corr(const ref_ransac *m, const double *x, int64_t c, double *mag)
{
	double xp = 0, xx = 0, pp = 0, moved = 0, stretched = 0;
	for (int64_t t = 0; t < m->samples; t++) {
		double spread, p = ref_median(m, x + t, c, &spread), v = x[c * m->samples + t];
		xp += v * p;
		xx += v * v;
		pp += p * p;
		moved += fabs(v) * spread;
		stretched += fabs(p) * spread;
	}
	double norms = sqrt(xx) * sqrt(pp);
	*mag = norms > 0 ? moved / norms + stretched / pp + 3 : 0;
	return norms > 0 ? xp / norms : (double)NAN;
}

#endif
