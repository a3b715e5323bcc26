/* splits.h: the random splits of the threshold search, and random subsets of channels; in C and in OpenCL C.
 *
 * The generator is the Mersenne twister: the reference's, and part of what its results are. */
#ifndef TD_NODES_EEG_SPLITS_H
#define TD_NODES_EEG_SPLITS_H

#include "td_f64.h"
#include "twister.h"

enum { SPLITS = 10 };

#ifdef TD_GPU
#include "splits_gpu_cl.h"
#else

typedef struct {
	TD_GLOBAL td_set *word; /* TWISTER of them */
	int at;
} splits_random;

static inline splits_random splits_start(TD_GLOBAL td_set *word, td_set seed)
{
	splits_random r;
	r.word = word;
	r.at = TWISTER;
	word[0] = seed;
	for (int i = 1; i < TWISTER; i++)
		word[i] = splits_seeded(word[i - 1], i);
	return r;
}

static inline td_set splits_word(TD_OWN splits_random *r)
{
	if (r->at == TWISTER) {
		for (int i = 0; i < TWISTER; i++)
			r->word[i] = splits_next(r->word[i], r->word[(i + 1) % TWISTER],
			                         r->word[(i + 397) % TWISTER]);
		r->at = 0;
	}
	return splits_temper(r->word[r->at++]);
}

/* 0 … most, each as likely; nothing is drawn for most = 0. */
static inline int splits_below(TD_OWN splits_random *r, int most)
{
	td_set mask = (td_set)most, x;
	if (most == 0)
		return 0;
	for (int s = 1; s < 32; s *= 2)
		mask |= mask >> s;
	do
		x = splits_word(r) & mask;
	while (x > (td_set)most);
	return (int)x;
}

#endif

static inline void splits_shuffle(TD_OWN splits_random *r, TD_GLOBAL int *a, int n)
{
	for (int i = n - 1; i > 0; i--) {
		int j = splits_below(r, i), x = a[i];
		a[i] = a[j];
		a[j] = x;
	}
}

/* The first n of a fresh order of `channels`, -1 behind them. */
static inline void splits_subset(TD_OWN splits_random *r, int channels, int n,
                                 TD_GLOBAL int *subset)
{
	for (int i = 0; i < channels; i++)
		subset[i] = i;
	splits_shuffle(r, subset, channels);
	for (int i = n; i < channels; i++)
		subset[i] = -1;
}

/* ceil(0.2 N), the product rounded to double as the reference's is: 15 of 70. */
static inline int splits_n_test(int rows)
{
	td_f64 fifth = td_div_f64(td_int_f64(1), td_int_f64(5));
	td_f64 x = td_mul_f64(fifth, td_int_f64(rows));
	int n = td_trunc_f64(x);
	return n + td_lt_f64(td_int_f64(n), x);
}

/* One split: `rows` gets the training rows, then the test rows; `order` is room for one class. */
static inline void splits_one(TD_OWN splits_random *r, int epochs, TD_GLOBAL int *order,
                              TD_GLOBAL int *rows)
{
	int n_train = 2 * epochs - splits_n_test(2 * epochs), train = 0, test = n_train;
	int first =
		n_train % 2 && splits_below(r, 1) == 0 ? 1 : 0; /* swapped: class 1 stands first */
	for (int k = 0; k < 2; k++) {
		int take = n_train / 2 + (n_train % 2 && k == first);
		for (int i = 0; i < epochs; i++)
			order[i] = i;
		splits_shuffle(r, order, epochs);
		for (int i = 0; i < epochs; i++)
			rows[i < take ? train++ : test++] = k * epochs + order[i];
	}
	splits_shuffle(r, rows, n_train);
	splits_shuffle(r, rows + n_train, 2 * epochs - n_train);
}

#ifndef TD_GPU

static inline void splits_subsets(td_set seed, int count, int channels, int n,
                                  TD_GLOBAL td_set *word, TD_GLOBAL int *subset)
{
	splits_random r = splits_start(word, seed);
	for (int k = 0; k < count; k++)
		splits_subset(&r, channels, n, subset + (td_i64)k * channels);
}

static inline void splits_all(td_set seed, int epochs, TD_GLOBAL td_set *word, TD_GLOBAL int *order,
                              TD_GLOBAL int *rows)
{
	splits_random r = splits_start(word, seed);
	for (int s = 0; s < SPLITS; s++)
		splits_one(&r, epochs, order, rows + (td_i64)s * 2 * epochs);
}

#endif
#endif
