/* repair_ref.h: repaired epochs for the oracles, from the definition. Host only. */
#ifndef TD_NODES_EEG_REPAIR_REF_H
#define TD_NODES_EEG_REPAIR_REF_H

#include "tandem.h"

#include "spline_ref.h"

#include <math.h>
#include <string.h>

/* One epoch for an oracle. */
typedef struct {
	const double *x;       /* [channels][samples] */
	const double *inverse; /* [channels+1][channels+1] */
	const int64_t *label;  /* [channels] */
	int64_t channels, samples;
	double *work; /* room for 4 channels^2 */
	double *y,
		*mag; /* [channels][samples]: repaired; magnitudes that rounding errors come from */
} ref_epoch;

/* w [n][channels] = -Z P_B., 0 in the columns of bad channels. */
static inline void ref_weights(const ref_epoch *r, const int64_t *bad, int64_t n, const double *z,
                               double *w)
{
	for (int64_t i = 0; i < n * r->channels; i++) {
		w[i] = 0;
		for (int64_t k = 0; k < n && r->label[i % r->channels] != 2; k++)
			w[i] -= z[i / r->channels * n + k] *
			        r->inverse[bad[k] * (r->channels + 1) + i % r->channels];
	}
}

/* What rounding does to row b of w, to first order: |Z| (|P_BB| |w| + |P_BA|). */
static inline void ref_spread(const ref_epoch *r, const int64_t *bad, int64_t n, const double *z,
                              const double *w, double *mag)
{
	for (int64_t j = 0; j < r->channels; j++) {
		mag[j] = 0;
		for (int64_t k = 0; k < n && r->label[j] != 2; k++) {
			const double *p = r->inverse + bad[k] * (r->channels + 1);
			double m = fabs(p[j]);
			for (int64_t l = 0; l < n; l++)
				m += fabs(p[bad[l]] * w[l * r->channels + j]);
			mag[j] += fabs(z[k]) * m;
		}
	}
}

static inline void ref_repair_epoch(const ref_epoch *r, int64_t *bad)
{
	int64_t n = 0, size = r->channels;
	double *pbb = r->work, *z = pbb + size * size, *w = z + size * size, *mag = w + size * size;
	memcpy(r->y, r->x, (size_t)(size * r->samples) * sizeof *r->y);
	for (int64_t i = 0; i < size * r->samples; i++)
		r->mag[i] = fabs(r->x[i]);
	for (int64_t c = 0; c < size; c++)
		if (r->label[c] == 2)
			bad[n++] = c;
	for (int64_t i = 0; i < n * n; i++)
		pbb[i] = r->inverse[bad[i / n] * (size + 1) + bad[i % n]];
	if (n == size) /* nothing to predict from */
		memset(r->y, 0, (size_t)(size * r->samples) * sizeof *r->y);
	else
		ref_inverse(pbb, z, n);
	if (n < size)
		ref_weights(r, bad, n, z, w);
	for (int64_t b = 0; b < n && n < size; b++) {
		ref_spread(r, bad, n, z + b * n, w, mag);
		for (int64_t t = 0; t < r->samples; t++) {
			double sum = 0, m = 0;
			for (int64_t j = 0; j < size; j++) {
				sum += w[b * size + j] * r->x[j * r->samples + t];
				m += mag[j] * fabs(r->x[j * r->samples + t]);
			}
			r->y[bad[b] * r->samples + t] = sum;
			r->mag[bad[b] * r->samples + t] = m;
		}
	}
}

#endif
