#include "arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 64 << 10, ALIGN = 16 };

struct td_block {
	td_block *below;
	size_t used, size;
	_Alignas(16) unsigned char data[];
};

size_t td_size_mul(size_t n, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(n, size, &bytes))
		td_out_of_memory(SIZE_MAX);
	return bytes;
}

void *td_alloc(size_t bytes)
{
	void *p = calloc(1, bytes ? bytes : 1);
	if (!p)
		td_out_of_memory(bytes);
	return p;
}

void *td_realloc(void *p, size_t bytes)
{
	void *q = realloc(p, bytes ? bytes : 1);
	if (!q)
		td_out_of_memory(bytes);
	return q;
}

void td_arena_fini(td_arena *a)
{
	while (a->top) {
		td_block *b = a->top;
		a->top = b->below;
		free(b);
	}
	a->used = 0;
}

static td_block *push_block(td_arena *a, size_t bytes)
{
	size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
	if (size > SIZE_MAX - sizeof(td_block))
		td_out_of_memory(size);
	td_block *b = td_alloc(sizeof *b + size);
	b->below = a->top;
	b->size = size;
	a->top = b;
	return b;
}

void *td_arena_alloc(td_arena *a, size_t bytes)
{
	if (bytes > SIZE_MAX - ALIGN)
		td_out_of_memory(bytes);
	size_t take = (bytes + ALIGN - 1) / ALIGN * ALIGN;
	td_block *b = a->top;
	if (!b || b->size - b->used < take)
		b = push_block(a, take);
	void *p = b->data + b->used;
	b->used += take;
	a->used += take;
	return p;
}

void *td_arena_array(td_arena *a, size_t n, size_t size)
{
	return td_arena_alloc(a, td_size_mul(n, size));
}

char *td_arena_strndup(td_arena *a, const char *s, size_t n)
{
	char *copy = td_arena_alloc(a, n + 1);
	memcpy(copy, s, n);
	return copy;
}

char *td_arena_strdup(td_arena *a, const char *s)
{
	return td_arena_strndup(a, s, strlen(s));
}

char *td_arena_vprintf(td_arena *a, const char *fmt, va_list args)
{
	va_list again;
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, fmt, args);
	char *s = td_arena_alloc(a, (size_t)(n < 0 ? 0 : n) + 1);
	if (n > 0)
		vsnprintf(s, (size_t)n + 1, fmt, again);
	va_end(again);
	return s;
}

char *td_arena_printf(td_arena *a, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	char *s = td_arena_vprintf(a, fmt, args);
	va_end(args);
	return s;
}

void *td_arena_grow(td_arena *a, void *old, int n, int *cap, size_t size)
{
	if (old && n < *cap)
		return old;
	int grown = 8;
	if (*cap && __builtin_mul_overflow(*cap, 2, &grown))
		td_out_of_memory(SIZE_MAX);
	void *p = td_arena_array(a, (size_t)grown, size);
	if (old)
		memcpy(p, old, (size_t)n * size);
	*cap = grown;
	return p;
}
