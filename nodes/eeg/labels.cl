/* eeg.votes, eeg.choose, eeg.reject: an item an epoch, one for what looks at all of them. */
#include "tandem.clh"

#include "labels.h"

__kernel TD_WG(TD_FAT) void eeg_votes(__global const td_f64 *restrict ptp,
                                      __global const td_f64 *restrict threshold,
                                      __global const int *restrict rho,
                                      __global uchar *restrict label_out,
                                      __global int *restrict count, int epochs, int channels,
                                      int n, int cumulative)
{
	int e = (int)get_global_id(0);
	if (e >= epochs)
		return;
	ptp += (long)e * channels;
	count[e] = labels_count(ptp, threshold, channels);
	labels_steps(ptp, threshold, channels, rho, n, cumulative, label_out + (long)e * channels,
	             (long)epochs * channels);
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
                                       __global uchar *restrict bad, int epochs, int channels)
{
	int e = (int)get_global_id(0);
	if (e < epochs)
		bad[e] = labels_reject(ptp + (long)e * channels, threshold, best, channels,
		                       label_out + (long)e * channels);
}

__kernel TD_WG(1) void eeg_reject_kept(__global const uchar *restrict bad, int epochs,
                                       __global int *restrict kept, __global int *restrict n_kept)
{
	n_kept[0] = labels_kept(bad, epochs, kept);
}
