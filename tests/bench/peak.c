/* The most float fma a second that this processor does, all threads together: 16 chains of vectors a thread.
 *
 *   peak THREADS   prints GFLOP/s, the best of 10 short runs */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CHAINS = 16, TURNS = 2000000, LANES = 16, MOST = 64 };

typedef float vector __attribute__((vector_size(4 * LANES)));

static void *work(void *out)
{
	vector a[CHAINS], x, y;
	for (int l = 0; l < LANES; l++) {
		x[l] = 0.999f;
		y[l] = 1e-3f;
		for (int i = 0; i < CHAINS; i++) /* equal chains would be made one */
			a[i][l] = (float)(i * LANES + l);
	}
	for (int turn = 0; turn < TURNS; turn++) {
#pragma GCC unroll 16
		for (int i = 0; i < CHAINS; i++)
			a[i] = a[i] * x +
			       y; /* contracted: this is compiled with -ffp-contract=fast */
	}
	for (int i = 1; i < CHAINS; i++)
		a[0] += a[i];
	memcpy(out, &a[0], sizeof(float));
	return NULL;
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int n_args, char **args)
{
	int threads = n_args > 1 ? atoi(args[1]) : 1;
	static float out[MOST];
	double best = 0;
	for (int run = 0; run < 10 && threads > 0 && threads <= MOST; run++) {
		pthread_t id[MOST];
		double begin = now();
		for (int i = 0; i < threads; i++)
			if (pthread_create(&id[i], NULL, work, &out[i]))
				return 1;
		for (int i = 0; i < threads; i++)
			pthread_join(id[i], NULL);
		double rate = 2.0 * LANES * CHAINS * TURNS * threads / (now() - begin) * 1e-9;
		best = rate > best ? rate : best;
	}
	printf("%.1f\n", best);
	return 0;
}
