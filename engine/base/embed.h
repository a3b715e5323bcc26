/* embed.h: files that the build put into the program. Layer 0. */
#ifndef TD_BASE_EMBED_H
#define TD_BASE_EMBED_H

#include <stddef.h>

typedef struct {
	const char *path; /* in the source tree, "nodes/graph/corr.cl" */
	const char *text; /* NUL-terminated */
	size_t n;
} td_embedded;

extern const td_embedded td_embedded_files[]; /* ends with a NULL path */

/* The file of that path, or NULL. */
const td_embedded *td_embedded_find(const char *path);

#endif
