/* states.h: what graph.standardise says of a row, in C and in OpenCL C. */
#ifndef TD_NODES_GRAPH_STATES_H
#define TD_NODES_GRAPH_STATES_H

enum { GRAPH_FINE, GRAPH_BAD, GRAPH_CONSTANT };

#endif
