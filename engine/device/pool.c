/* pool.c: the threads behind td_parallel. Layer 3.
 *
 * Work is split before it starts: piece i of p is [n i/p, n (i+1)/p), run by thread i; the caller
 * is thread 0. Nothing is stolen, so the same thread count gives the same pieces. */
#include "inner.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { MAX_THREADS = 1024 };

typedef struct {
	void (*body)(const void *arg, int64_t lo, int64_t hi);
	const void *arg;
	int64_t n;
	int pieces;
} job;

typedef struct {
	struct td_pool *pool;
	int index;
	pthread_t thread;
} worker;

struct td_pool {
	int n;            /* threads, the caller's included */
	int n_started;    /* workers that run */
	atomic_bool busy; /* a job is under way: what is asked for meanwhile runs inline */
	pthread_mutex_t lock;
	pthread_cond_t wake, done;
	/* guarded by `lock` */
	job now;
	uint64_t turn; /* counts jobs */
	int left;      /* pieces of the job not done by workers yet */
	bool stop;
	worker workers[];
};

bool td_threads_wanted(int *n, td_err *e)
{
	const char *text = getenv("TANDEM_THREADS");
	int64_t wanted;
	cpu_set_t allowed;
	if (text && *text) {
		if (!td_read_int(text, &wanted) || wanted < 1 || wanted > MAX_THREADS)
			return td_fail(e, TD_E_USAGE,
			               "TANDEM_THREADS is \"%s\"; give a number from 1 to %d", text,
			               MAX_THREADS);
		*n = (int)wanted;
		return true;
	}
	*n = sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
	*n = *n < 1 ? 1 : *n > MAX_THREADS ? MAX_THREADS : *n;
	return true;
}

static void run_piece(const job *j, int i)
{
	/* n i/p without overflow */
	int64_t whole = j->n / j->pieces, rest = j->n % j->pieces;
	int64_t lo = whole * i + rest * i / j->pieces;
	int64_t hi = whole * (i + 1) + rest * (i + 1) / j->pieces;
	j->body(j->arg, lo, hi);
}

static void *work(void *arg)
{
	const worker *w = arg;
	td_pool *p = w->pool;
	uint64_t seen = 0;
	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (!p->stop && p->turn == seen)
			pthread_cond_wait(&p->wake, &p->lock);
		if (p->stop)
			break;
		seen = p->turn;
		if (w->index >= p->now.pieces)
			continue;
		job j = p->now;
		pthread_mutex_unlock(&p->lock);
		run_piece(&j, w->index);
		pthread_mutex_lock(&p->lock);
		if (--p->left == 0)
			pthread_cond_signal(&p->done);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

bool td_pool_new(int n, td_pool **pool, td_err *e)
{
	td_pool *p = td_alloc(sizeof *p + td_size_mul((size_t)n, sizeof(worker)));
	p->n = n;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, NULL);
	pthread_cond_init(&p->done, NULL);
	for (int i = 1; i < n; i++) {
		worker *w = &p->workers[i];
		*w = (worker){.pool = p, .index = i};
		int rc = pthread_create(&w->thread, NULL, work, w);
		if (rc != 0) {
			td_pool_free(p);
			errno = rc;
			return td_fail_errno(
				e, TD_E_DEVICE,
				"cannot start thread %d of %d (TANDEM_THREADS says how many)",
				i + 1, n);
		}
		p->n_started = i;
	}
	*pool = p;
	return true;
}

void td_pool_free(td_pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->lock);
	for (int i = 1; i <= p->n_started; i++)
		pthread_join(p->workers[i].thread, NULL);
	pthread_cond_destroy(&p->done);
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

int td_pool_size(const td_pool *pool)
{
	return pool ? pool->n : 0;
}

static void run_on_all(td_pool *p, const job *j)
{
	pthread_mutex_lock(&p->lock);
	p->now = *j;
	p->left = j->pieces - 1;
	p->turn++;
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->lock);
	run_piece(j, 0);
	pthread_mutex_lock(&p->lock);
	while (p->left)
		pthread_cond_wait(&p->done, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

void td_parallel(const td_call *c, int64_t n, int64_t grain,
                 void (*body)(const void *arg, int64_t lo, int64_t hi), const void *arg)
{
	td_pool *p = c->rt ? c->rt->dev->pool : NULL;
	int64_t most = n / (grain > 1 ? grain : 1);
	if (n <= 0)
		return;
	if (!p || p->n == 1 || most <= 1 || atomic_exchange(&p->busy, true)) {
		body(arg, 0, n);
		return;
	}
	job j = {body, arg, n, most < p->n ? (int)most : p->n};
	run_on_all(p, &j);
	atomic_store(&p->busy, false);
}
