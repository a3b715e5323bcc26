/* eeg.splits, eeg.subsets: one item, since each draw depends on the one before. */
#include "tandem.clh"

#include "splits.h"

__kernel TD_WG(1) void eeg_subsets(__global int *restrict words, __global int *restrict subset,
                                   int count, int channels, int n, int seed)
{
	if (get_global_id(0) == 0)
		splits_subsets((uint)seed, count, channels, n, (__global uint *)words, subset);
}

__kernel TD_WG(1) void eeg_splits(__global int *restrict words, __global int *restrict order,
                                  __global int *restrict rows, __global int *restrict n_train,
                                  int epochs, int seed)
{
	if (get_global_id(0) > 0)
		return;
	splits_all((uint)seed, epochs, (__global uint *)words, order, rows);
	n_train[0] = 2 * epochs - splits_n_test(2 * epochs);
}
