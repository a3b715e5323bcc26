/* td_parallel: every item once, whatever the number of threads. */
#include "devices.h"

#include <pthread.h>
#include <stdatomic.h>

enum { MOST = 5000 };

typedef struct {
	const td_call *call;
	int64_t n, grain, shortest;
	atomic_int pieces;
	atomic_int seen[MOST];
	pthread_t thread[MOST];
} work;

static void touch(const void *arg, int64_t lo, int64_t hi)
{
	work *w = *(work *const *)arg;
	assert_true(lo < hi && lo >= 0 && hi <= w->n);
	atomic_fetch_add(&w->pieces, 1);
	for (int64_t i = lo; i < hi; i++) {
		atomic_fetch_add(&w->seen[i], 1);
		w->thread[i] = pthread_self();
	}
	if (hi - lo < w->grain)
		assert_true(w->n < w->grain);
}

/* Runs body on n items as an impl would. */
static bool host_run(const td_call *c, td_err *e)
{
	(void)e;
	work *w = *(work *const *)c->params;
	w->call = c;
	td_parallel(c, w->n, w->grain, touch, &w);
	return true;
}

static td_device *open_threads(const char *n)
{
	td_err e;
	td_device *dev;
	setenv("TANDEM_THREADS", n, 1);
	bool ok = td_device_open("native", &dev, &e);
	unsetenv("TANDEM_THREADS");
	if (!ok)
		fail_msg("%s", e.text);
	return dev;
}

static void run(td_device *dev, bool (*body)(const td_call *, td_err *), work *w)
{
	td_err e;
	const td_impl impl = {"native", TD_ON_HOST, body};
	td_call call = {.params = &w};
	memset(w->seen, 0, sizeof w->seen);
	atomic_store(&w->pieces, 0);
	assert_true(td_device_run(dev, &impl, &call, 0, &e));
	for (int64_t i = 0; i < w->n; i++)
		assert_int_equal(atomic_load(&w->seen[i]), 1);
}

static void test_once(void **state)
{
	(void)state;
	static work w;
	static const int64_t sizes[] = {0, 1, 2, 3, 7, 8, 9, 100, 1000, MOST};
	static const char *const threads[] = {"1", "2", "3", "8", "16"};
	for (size_t t = 0; t < TD_COUNT(threads); t++) {
		td_device *dev = open_threads(threads[t]);
		for (size_t i = 0; i < TD_COUNT(sizes); i++)
			for (int64_t grain = 0; grain <= 64; grain += 32) {
				w.n = sizes[i];
				w.grain = grain;
				run(dev, host_run, &w);
				assert_true(atomic_load(&w.pieces) <= td_device_threads(dev));
				if (!w.n)
					assert_int_equal(atomic_load(&w.pieces), 0);
			}
		td_device_close(dev);
	}
}

/* The split is the same each time, and uses all threads. */
static void test_split(void **state)
{
	(void)state;
	static work w;
	td_device *dev = open_threads("4");
	w.n = 10;
	w.grain = 1;
	run(dev, host_run, &w);
	assert_int_equal(atomic_load(&w.pieces), 4);
	static const int starts[] = {0, 2, 5, 7, 10};
	for (int p = 0; p < 4; p++) {
		for (int i = starts[p] + 1; i < starts[p + 1]; i++)
			assert_true(pthread_equal(w.thread[i], w.thread[starts[p]]));
		for (int q = 0; q < p; q++)
			assert_false(pthread_equal(w.thread[starts[p]], w.thread[starts[q]]));
	}
	assert_true(pthread_equal(w.thread[0], pthread_self()));
	w.grain = 4;
	run(dev, host_run, &w);
	assert_int_equal(atomic_load(&w.pieces), 2);
	td_device_close(dev);
}

/* Each item of the outer call asks for inner items of its own. */
static void outer(const void *arg, int64_t lo, int64_t hi)
{
	work *w = *(work *const *)arg;
	for (int64_t i = lo; i < hi; i++) {
		work *inner = td_alloc(sizeof *inner);
		inner->n = 10;
		td_parallel(w->call, inner->n, 1, touch, &inner);
		assert_int_equal(atomic_load(&inner->pieces), 1); /* inline */
		for (int64_t j = 0; j < inner->n; j++)
			atomic_fetch_add(&w->seen[i * 10 + j], atomic_load(&inner->seen[j]));
		free(inner);
	}
}

static bool nested_run(const td_call *c, td_err *e)
{
	(void)e;
	work *w = *(work *const *)c->params;
	w->call = c;
	td_parallel(c, w->n / 10, 1, outer, &w);
	return true;
}

static void test_nested(void **state)
{
	(void)state;
	static work w;
	td_device *dev = open_threads("4");
	w.n = 400;
	for (int i = 0; i < 20; i++)
		run(dev, nested_run, &w);
	td_device_close(dev);
}

/* A call without a device, as a node's own test makes it, runs in the caller. */
static void test_alone(void **state)
{
	(void)state;
	static work w;
	work *p = &w;
	const td_call call = {.params = &p};
	w.n = 100;
	td_err e;
	assert_true(host_run(&call, &e));
	assert_int_equal(atomic_load(&w.pieces), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_nested),
		cmocka_unit_test(test_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
