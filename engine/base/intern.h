/* intern.h: byte strings by number. Layer 0.
 *
 * A set that gives each distinct string of bytes a number, from 0 in the order of coming. Adding
 * and finding take constant time; the memory is the arena's. {0} is empty. */
#ifndef TD_BASE_INTERN_H
#define TD_BASE_INTERN_H

#include "arena.h"

typedef struct {
	uint32_t hash;
	int n;             /* bytes */
	const void *bytes; /* a NUL follows them */
} td_interned;

typedef struct {
	td_interned *items;
	int n, cap;
	int32_t *slot; /* number + 1, 0 empty */
	uint32_t n_slots;
} td_intern;

/* The number of bytes[0 … n), which are copied when they are new. */
int td_intern_add(td_arena *a, td_intern *t, const void *bytes, int n);
/* The number, or -1. */
int td_intern_find(const td_intern *t, const void *bytes, int n);

/* The same for text. */
int td_intern_add_text(td_arena *a, td_intern *t, const char *text);
int td_intern_find_text(const td_intern *t, const char *text);
static inline const char *td_intern_text(const td_intern *t, int number)
{
	return t->items[number].bytes;
}

#endif
