/* synth.h: the numbers of eeg.synth, in C and in OpenCL C: integers, but for the weights. */
#ifndef TD_NODES_EEG_SYNTH_H
#define TD_NODES_EEG_SYNTH_H

#include "places.h"

enum { SYNTH_SOURCES = 24, SYNTH_WARM_UP = 64 };

/* What the hash is asked for: its second argument. */
enum {
	SYNTH_SOURCE = 1,
	SYNTH_PLACE,
	SYNTH_NOISE,
	SYNTH_CHRONIC,
	SYNTH_PRESENT,
	SYNTH_ARTEFACT,
	SYNTH_SIGN,
	SYNTH_BLINK
};

static inline td_u64 synth_mix(td_u64 x)
{
	x += 0x9E3779B97F4A7C15u;
	x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
	x = (x ^ x >> 27) * 0x94D049BB133111EBu;
	return x ^ x >> 31;
}

/* The hash of (seed, what), and of one argument more. */
static inline td_u64 synth_hash(td_u64 seed, int what)
{
	return synth_mix(synth_mix(seed) ^ (td_u64)what);
}

static inline td_u64 synth_more(td_u64 hash, td_i64 argument)
{
	return synth_mix(hash ^ (td_u64)argument);
}

static inline int synth_distance(int a, int b)
{
	return a < b ? b - a : a - b;
}

/* -- weights: how strongly a channel sees a source, and blinks ------------------------- */

/* 256 x to the nearest, x >= 0 */
static inline int synth_round(td_f64 x)
{
	return td_trunc_f64(td_add_f64(td_mul_f64(td_int_f64(256), x), TD_HALF_F64));
}

/* 256 max(0, cos)^3, the angle between the channel and the one under which the source lies. */
static inline int synth_weight(const TD_GLOBAL td_f64 *pos, td_i64 channels, td_u64 seed, int c,
                               int source)
{
	td_u64 place = synth_more(synth_hash(seed, SYNTH_PLACE), source) % (td_u64)channels;
	const TD_GLOBAL td_f64 *a = pos + 3 * c, *b = pos + 3 * place;
	td_f64 lengths = td_mul_f64(places_length(a), places_length(b));
	td_f64 cosine = td_div_f64(places_dot(a, b), lengths);
	td_f64 cube = td_mul_f64(td_mul_f64(cosine, cosine), cosine);
	return td_lt_f64(td_int_f64(0), cosine) ? synth_round(cube) : 0;
}

/* 256 max(0, y)^2, y how far in front the channel is. */
static inline int synth_front(const TD_GLOBAL td_f64 *pos, int c)
{
	td_f64 y = td_div_f64(pos[3 * c + 1], places_length(pos + 3 * c));
	return td_lt_f64(td_int_f64(0), y) ? synth_round(td_mul_f64(y, y)) : 0;
}

/* -- sources --------------------------------------------------------------------------- */

/* Sample t's part of source 0: a wave at three tenths of the epoch. */
static inline int synth_wave(int t, int samples)
{
	int fall = 6000 * synth_distance(t, 3 * samples / 10) / (samples / 10);
	return fall < 6000 ? 6000 - fall : 0;
}

/* One source of one epoch: noise through a leaky sum. */
static inline void synth_source(td_u64 seed, int epoch, int source, int samples, TD_GLOBAL int *s)
{
	td_u64 hash = synth_more(synth_more(synth_hash(seed, SYNTH_SOURCE), epoch), source);
	int state = 0;
	for (int i = 0; i < samples + SYNTH_WARM_UP; i++) {
		state += (int)(synth_more(hash, i) >> 53) - 1024 - (state >> 4);
		if (i >= SYNTH_WARM_UP)
			s[i - SYNTH_WARM_UP] =
				state + (source ? 0 : synth_wave(i - SYNTH_WARM_UP, samples));
	}
}

/* -- a row: what one channel sees in one epoch ------------------------------------------ */

/* All about a row that does not depend on the sample. */
typedef struct {
	td_u64 noise, sign; /* hashes */
	int samples, kind;  /* of the artefact: 0 step, 1 drift, 2 bursts, -1 none */
	int height, at;
	int blink, blink_at; /* weight (0: none) and middle */
} synth_row;

static inline synth_row synth_row_of(td_u64 seed, int e, int c, int front, int samples)
{
	synth_row r;
	bool chronic = synth_more(synth_hash(seed, SYNTH_CHRONIC), c) % 24 == 0;
	td_u64 present = synth_more(synth_more(synth_hash(seed, SYNTH_PRESENT), e), c) % 1000;
	td_u64 q = synth_more(synth_more(synth_hash(seed, SYNTH_ARTEFACT), e), c);
	td_u64 b = synth_more(synth_hash(seed, SYNTH_BLINK), e);
	r.noise = synth_more(synth_more(synth_hash(seed, SYNTH_NOISE), e), c);
	r.sign = synth_more(synth_more(synth_hash(seed, SYNTH_SIGN), e), c);
	r.samples = samples;
	r.kind = present < (td_u64)(chronic ? 400 : 25) ? (int)(q % 3) : -1;
	r.height = 343000 + (int)((q >> 8) % 1800000);
	r.at = (int)((q >> 32) % (td_u64)samples);
	r.blink = b % 1000 < 60 ? front : 0;
	r.blink_at = (int)((b >> 32) % (td_u64)samples);
	return r;
}

static inline int synth_noise(synth_row r, int t)
{
	td_u64 h = synth_more(r.noise, t);
	return 6 * ((int)(h & 4095) + (int)(h >> 12 & 4095) + (int)(h >> 24 & 4095) +
	            (int)(h >> 36 & 4095) - 8190);
}

static inline int synth_artefact(synth_row r, int t)
{
	if (r.kind == 0)
		return t >= r.at ? r.height : 0;
	if (r.kind == 1)
		return (int)((td_i64)r.height * t / r.samples) - r.height / 2;
	if (r.kind == 2 && t >= r.at && t < r.at + r.samples / 5)
		return (synth_more(r.sign, t) & 1) != 0 ? r.height / 2 : -(r.height / 2);
	return 0;
}

static inline int synth_blink(synth_row r, int t)
{
	td_i64 fall = (td_i64)1500000 * synth_distance(t, r.blink_at) / (r.samples / 8);
	return fall < 1500000 ? r.blink * (1500000 - (int)fall) >> 8 : 0;
}

/* A sample in volts, from the weighted sum of the sources: below 2^24 steps, exact in a float. */
static inline float synth_sample(synth_row r, int t, int sum)
{
	int steps = (sum >> 3) + synth_noise(r, t);
	if (r.kind >= 0)
		steps += synth_artefact(r, t);
	if (r.blink)
		steps += synth_blink(r, t);
	return (float)steps * 0x1p-33f;
}

/* A whole row from the sources of its epoch, 16 samples at a time. */
static inline void synth_fill(synth_row r, const TD_GLOBAL int *source, const TD_GLOBAL int *weight,
                              TD_GLOBAL float *x)
{
	for (int t = 0; t < r.samples; t += 16) {
		int sum[16] = {0}, n = r.samples - t < 16 ? r.samples - t : 16;
		for (int k = 0; k < SYNTH_SOURCES; k++)
			for (int i = 0; i < n; i++)
				sum[i] += weight[k] * source[k * r.samples + t + i];
		for (int i = 0; i < n; i++)
			x[t + i] = synth_sample(r, t + i, sum[i]);
	}
}

#endif
