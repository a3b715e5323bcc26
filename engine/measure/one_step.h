/* one_step.h: graphs of a single step. Layer 5. */
#ifndef TD_MEASURE_ONE_STEP_H
#define TD_MEASURE_ONE_STEP_H

#include "../model/graph.h"

/* What a port of the node is to take: the value, or a copy of it where an output is written over that port. */
int td_own_value(td_graph *g, const td_node *node, int port, int value, td_origin at);

#endif
