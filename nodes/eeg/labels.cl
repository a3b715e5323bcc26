/* eeg.votes, eeg.choose, eeg.reject: an item an epoch, on a GPU a channel of it; one for what looks at all. */
#include "tandem.clh"

#include "labels.h"

/* An item has a piece of the channels of an epoch. */
#define LABELS_ITEM                                                                      \
	int each = (channels + pieces - 1) / pieces, item = (int)get_global_id(0);       \
	int e = item / pieces, first = item % pieces * each;                             \
	int end = eeg_least(first + each, channels);                                     \
	if (e >= epochs)                                                                 \
		return;                                                                  \
	ptp += (long)e * channels;                                                       \
	label_out += (long)e * channels;                                                 \
	int bad_ones = labels_count(ptp, threshold, channels)

__kernel TD_WG(TD_FAT) void eeg_votes(__global const td_f64 *restrict ptp,
                                      __global const td_f64 *restrict threshold,
                                      __global const int *restrict rho,
                                      __global uchar *restrict label_out,
                                      __global int *restrict count, int epochs, int channels,
                                      int n, int cumulative, int pieces)
{
	LABELS_ITEM;
	for (int c = first; c < end; c++)
		labels_steps(ptp, threshold, channels, c, bad_ones, rho, n, cumulative,
		             label_out + c, (long)epochs * channels);
	if (first == 0)
		count[e] = bad_ones;
}

__kernel TD_WG(1) void eeg_choose(__global const td_f64 *restrict loss,
                                  __global const td_f64 *restrict consensus,
                                  __global const int *restrict rho, __global td_f64 *restrict best,
                                  __global int *restrict cell, __global int *restrict lost,
                                  int n_kappa, int n_rho, int folds)
{
	labels_choice(loss, n_kappa, n_rho, folds, consensus, rho, best, cell, lost);
}

__kernel TD_WG(TD_FAT) void eeg_reject(__global const td_f64 *restrict ptp,
                                       __global const td_f64 *restrict threshold,
                                       __global const td_f64 *restrict best,
                                       __global uchar *restrict label_out,
                                       __global uchar *restrict bad, int epochs, int channels,
                                       int pieces)
{
	LABELS_ITEM;
	for (int c = first; c < end; c++)
		label_out[c] = labels_final(ptp, threshold, channels, c, bad_ones,
		                            td_trunc_f64(best[1]));
	if (first == 0)
		bad[e] = labels_bad(bad_ones, best[0], channels);
}

__kernel TD_WG(1) void eeg_reject_kept(__global const uchar *restrict bad, int epochs,
                                       __global int *restrict kept, __global int *restrict n_kept)
{
	n_kept[0] = labels_kept(bad, epochs, kept);
}
