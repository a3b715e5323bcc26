/* eeg.synth: the weights, the sources, then the rows, one an item, on a GPU every 32nd sample of one. */
#include "tandem.clh"

#include "synth.h"

__kernel TD_WG(TD_LANES) void eeg_synth_weights(__global const td_f64 *restrict pos, int channels,
                                                ulong seed, __global int *restrict weight,
                                                __global int *restrict front)
{
	int i = (int)get_global_id(0), c = i / SYNTH_SOURCES, k = i % SYNTH_SOURCES;
	if (c >= channels)
		return;
	weight[i] = synth_weight(pos, channels, seed, c, k);
	if (k == 0)
		front[c] = synth_front(pos, c);
}

__kernel TD_WG(TD_FAT) void eeg_synth_sources(__global int *restrict source, int n, int samples,
                                              ulong seed)
{
	int i = (int)get_global_id(0);
	if (i < n)
		synth_source(seed, i / SYNTH_SOURCES, i % SYNTH_SOURCES, samples,
		             source + (long)i * samples);
}

__kernel TD_WG(TD_FAT) void eeg_synth_rows(__global const int *restrict source,
                                           __global const int *restrict weight,
                                           __global const int *restrict front,
                                           __global float *restrict x, int channels, int samples,
                                           ulong seed, int rows)
{
#ifdef TD_CPU
	int i = (int)get_global_id(0), e = i / channels, c = i % channels;
	if (i < rows)
		synth_fill(synth_row_of(seed, e, c, front[c], samples),
		           source + (long)e * SYNTH_SOURCES * samples, weight + c * SYNTH_SOURCES,
		           x + (long)i * samples);
#else
	long i = (long)get_global_id(0) / 32;
	int e = (int)(i / channels), c = (int)(i % channels);
	if (i >= rows)
		return;
	synth_row r = synth_row_of(seed, e, c, front[c], samples);
	source += (long)e * SYNTH_SOURCES * samples;
	for (int t = (int)get_global_id(0) % 32; t < samples; t += 32) {
		int sum = 0;
		for (int k = 0; k < SYNTH_SOURCES; k++)
			sum += weight[c * SYNTH_SOURCES + k] * source[k * samples + t];
		x[i * samples + t] = synth_sample(r, t, sum);
	}
#endif
}
