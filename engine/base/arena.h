/* arena.h: one lifetime, one arena. Layer 0.
 *
 * Memory from an arena is zeroed, aligned for any type, and freed all at once. A graph, a plan and
 * a run own one arena each. */
#ifndef TD_BASE_ARENA_H
#define TD_BASE_ARENA_H

#include "err.h"

typedef struct td_block td_block;

typedef struct {
	td_block *top;
	size_t used; /* bytes handed out, for tests and limits */
} td_arena;

void td_arena_fini(td_arena *a);
void *td_arena_alloc(td_arena *a, size_t bytes) TD_NONNULL __attribute__((returns_nonnull));
/* n * size with the product checked. */
void *td_arena_array(td_arena *a, size_t n, size_t size) TD_NONNULL
	__attribute__((returns_nonnull));
char *td_arena_strdup(td_arena *a, const char *s) TD_NONNULL __attribute__((returns_nonnull));
char *td_arena_strndup(td_arena *a, const char *s, size_t n) TD_NONNULL;
char *td_arena_printf(td_arena *a, const char *fmt, ...) TD_PRINTF(2, 3);
char *td_arena_vprintf(td_arena *a, const char *fmt, va_list args) TD_PRINTF(2, 0);

/* Makes room for one more element in an array of `n` elements: returns `old`, or a copy of twice
 * the capacity when it is full. The old copy stays in the arena until the end. */
void *td_arena_grow(td_arena *a, void *old, int n, int *cap, size_t size)
	__attribute__((returns_nonnull));

/* Appends `item` to the array `list.items` with `list.n` and `list.cap`. */
#define TD_PUSH(arena, list, item)                                                  \
	((list).items = td_arena_grow((arena), (list).items, (list).n, &(list).cap, \
	                              sizeof *(list).items),                        \
	 (list).items[(list).n++] = (item))

/* n * size, or out of memory when the product does not fit. */
size_t td_size_mul(size_t n, size_t size);
/* malloc, calloc, realloc that never return NULL. */
void *td_alloc(size_t bytes) __attribute__((malloc, returns_nonnull));
void *td_realloc(void *p, size_t bytes) __attribute__((returns_nonnull));

#endif
