/* diag_place.h: where a finding stands in the source, for the writers of findings. Layer 2. */
#ifndef TD_CHECK_DIAG_PLACE_H
#define TD_CHECK_DIAG_PLACE_H

#include "diag.h"

/* Walks through the sources of a graph; fast when findings come sorted. {.g = g} starts it. */
typedef struct {
	const td_graph *g; /* may be NULL */
	const td_source *source;
	const char *at; /* start of the line numbered `line` */
	int line;
} td_lines;

typedef struct {
	const char *line; /* text of the source line, NULL: the source is not known */
	size_t n_line;
	int col;            /* from 1, in bytes */
	int n_marked;       /* bytes of the word that stands there, at least 1 */
	const char *better; /* a word that should stand there instead, NULL: none is known */
	size_t n_better;
} td_place_of;

td_place_of td_diag_place(td_lines *l, const td_diag *x);

const char *td_level_name(td_level level); /* "error" */

#endif
