/* eeg.splits, eeg.subsets: each draw depends on the one before, so one item draws; on a GPU, it has a group
 * that makes its words and shuffles. */
#include "tandem.clh"

#include "splits.h"

#ifdef TD_CPU

__kernel TD_WG(1) void eeg_subsets(__global int *restrict words, __global int *restrict subset,
                                   int count, int channels, int n, int seed)
{
	splits_subsets((uint)seed, count, channels, n, (__global uint *)words, subset);
}

__kernel TD_WG(1) void eeg_splits(__global int *restrict words, __global int *restrict order,
                                  __global int *restrict rows, __global int *restrict n_train,
                                  int epochs, int seed)
{
	splits_all((uint)seed, epochs, (__global uint *)words, order, rows);
	n_train[0] = 2 * epochs - splits_n_test(2 * epochs);
}

#else

__kernel TD_WG(SPLITS_GROUP) void eeg_subsets(__global int *draws, __global int *restrict subset,
                                              int count, int channels, int n, int seed)
{
	__local uint word[TWISTER], fresh[TWISTER];
	__local int found;
	splits_plan plan = {count, 1, {channels}};
	splits_draw(plan, (uint)seed, word, fresh, &found, draws);
	for (int k = (int)get_local_id(0); k < count; k += SPLITS_GROUP) {
		splits_random r = {draws + (long)k * splits_draws(plan)};
		splits_subset(&r, channels, n, subset + (long)k * channels);
	}
}

__kernel TD_WG(SPLITS_GROUP) void eeg_splits(__global int *draws, __global int *restrict order,
                                             __global int *restrict rows,
                                             __global int *restrict n_train, int epochs, int seed)
{
	__local uint word[TWISTER], fresh[TWISTER];
	__local int found;
	int test = splits_n_test(2 * epochs), train = 2 * epochs - test, k = (int)get_local_id(0);
	splits_plan plan = {SPLITS, SPLITS_PARTS, {1 + train % 2, epochs, epochs, train, test}};
	splits_draw(plan, (uint)seed, word, fresh, &found, draws);
	if (k < SPLITS) {
		splits_random r = {draws + (long)k * splits_draws(plan)};
		splits_one(&r, epochs, order + (long)k * epochs, rows + (long)k * 2 * epochs);
	}
	if (k == 0)
		n_train[0] = train;
}

#endif
