/* pool.c: the threads behind td_parallel. Layer 3.
 *
 * Work is split before it starts: piece i of p is [n i/p, n (i+1)/p), run by thread i; the caller
 * is thread 0. Nothing is stolen, so the same thread count gives the same pieces.
 *
 * Waking a thread that sleeps takes longer than many a job (75 us on a virtual machine), so whoever
 * waits looks around for a moment first, and nobody takes the lock unless somebody sleeps. */
#include "inner.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { MAX_THREADS = 1024, LOOKS = 300, PIECE_BITS = 16 };

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
	int n;         /* threads, the caller's included */
	int n_started; /* workers that run */
	int looks;     /* how long to look before sleeping; 0 when threads outnumber processors */
	atomic_bool busy; /* a job is under way: what is asked for meanwhile runs inline */
	job now;          /* written by the caller while no worker has a piece */
	/* the number of the job and, in the low bits, its pieces: a worker without a piece must not
	 * look at `now`, which may be the next one already */
	atomic_ullong turn;
	atomic_int left; /* pieces that workers have not done yet */
	atomic_bool stop;
	atomic_int asleep;         /* workers that wait for `wake` */
	atomic_bool caller_asleep; /* waits for `done` */
	pthread_mutex_t lock;      /* for sleeping only */
	pthread_cond_t wake, done;
	worker workers[];
};

static int processors(void)
{
	cpu_set_t allowed;
	int n = sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
	return n < 1 ? 1 : n > MAX_THREADS ? MAX_THREADS : n;
}

bool td_threads_wanted(int *n, td_err *e)
{
	const char *text = getenv("TANDEM_THREADS");
	int64_t wanted;
	*n = processors();
	if (!text || !*text)
		return true;
	if (!td_read_int(text, &wanted) || wanted < 1 || wanted > MAX_THREADS)
		return td_fail(e, TD_E_USAGE,
		               "TANDEM_THREADS is \"%s\"; give a number from 1 to %d", text,
		               MAX_THREADS);
	*n = (int)wanted;
	return true;
}

/* Between looks; not so often that a hypervisor takes the processor away. */
static void relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

static void run_piece(const job *j, int i)
{
	/* n i/p without overflow */
	int64_t whole = j->n / j->pieces, rest = j->n % j->pieces;
	int64_t lo = whole * i + rest * i / j->pieces;
	int64_t hi = whole * (i + 1) + rest * (i + 1) / j->pieces;
	j->body(j->arg, lo, hi);
}

/* -- workers -------------------------------------------------------------- */

static bool nothing_new(td_pool *p, unsigned long long seen)
{
	return atomic_load(&p->turn) == seen && !atomic_load(&p->stop);
}

/* Waits for something after `seen`; returns what there is then. */
static unsigned long long next_turn(td_pool *p, unsigned long long seen)
{
	for (int i = 0; i < p->looks * 64 && nothing_new(p, seen); i++)
		if (i % 64 == 63)
			relax();
	if (nothing_new(p, seen)) {
		pthread_mutex_lock(&p->lock);
		atomic_fetch_add(&p->asleep, 1);
		while (nothing_new(p, seen))
			pthread_cond_wait(&p->wake, &p->lock);
		atomic_fetch_sub(&p->asleep, 1);
		pthread_mutex_unlock(&p->lock);
	}
	return atomic_load(&p->turn);
}

/* A piece is done; the last one wakes the caller. */
static void piece_done(td_pool *p)
{
	if (atomic_fetch_sub(&p->left, 1) != 1 || !atomic_load(&p->caller_asleep))
		return;
	pthread_mutex_lock(&p->lock);
	pthread_cond_signal(&p->done);
	pthread_mutex_unlock(&p->lock);
}

static void *work(void *arg)
{
	const worker *w = arg;
	td_pool *p = w->pool;
	for (unsigned long long turn = 0; !atomic_load(&p->stop);) {
		turn = next_turn(p, turn);
		if (w->index < (int)(turn & ((1 << PIECE_BITS) - 1)) && !atomic_load(&p->stop)) {
			run_piece(&p->now, w->index);
			piece_done(p);
		}
	}
	return NULL;
}

/* -- life ----------------------------------------------------------------- */

bool td_pool_new(int n, td_pool **pool, td_err *e)
{
	td_pool *p = td_alloc(sizeof *p + td_size_mul((size_t)n, sizeof(worker)));
	p->n = n;
	p->looks = n <= processors() ? LOOKS : 0;
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

static void wake_workers(td_pool *p)
{
	if (!atomic_load(&p->asleep))
		return;
	pthread_mutex_lock(&p->lock);
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->lock);
}

void td_pool_free(td_pool *p)
{
	if (!p)
		return;
	atomic_store(&p->stop, true);
	wake_workers(p);
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

/* -- jobs ----------------------------------------------------------------- */

static void wait_for_workers(td_pool *p)
{
	for (int i = 0; i < p->looks * 64 && atomic_load(&p->left); i++)
		if (i % 64 == 63)
			relax();
	if (!atomic_load(&p->left))
		return;
	pthread_mutex_lock(&p->lock);
	atomic_store(&p->caller_asleep, true);
	while (atomic_load(&p->left))
		pthread_cond_wait(&p->done, &p->lock);
	atomic_store(&p->caller_asleep, false);
	pthread_mutex_unlock(&p->lock);
}

static void run_on_all(td_pool *p, const job *j)
{
	unsigned long long number = (atomic_load(&p->turn) >> PIECE_BITS) + 1;
	p->now = *j;
	atomic_store(&p->left, j->pieces - 1);
	atomic_store(&p->turn, number << PIECE_BITS | (unsigned)j->pieces);
	wake_workers(p);
	run_piece(j, 0);
	wait_for_workers(p);
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
