/* text_inner.h: parts of the reader of graph texts, for text_read.c and text_input.c alone.
 * Layer 1. */
#ifndef TD_MODEL_TEXT_INNER_H
#define TD_MODEL_TEXT_INNER_H

#include "graph.h"
#include "scan.h"

/* What follows the word "dim", "input" or "const" in a line; `at` is where the line begins. */
TD_MUST_USE bool td_text_dim(td_scan *s, td_graph *g, td_origin at);
TD_MUST_USE bool td_text_input(td_scan *s, td_graph *g, td_origin at, int *value);
TD_MUST_USE bool td_text_const(td_scan *s, td_graph *g, td_origin at, int *value);

#endif
