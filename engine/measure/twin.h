/* twin.h: one node's impls on the same inputs, compared with `ref` and with each other. Layer 5.
 *
 * The cases come from the nodes' .lua files (lua/bind_cases.c). Buffers have guard zones on both
 * sides and outputs are filled with signalling NaNs before each call, so a write outside or an
 * element never written is found. */
#ifndef TD_MEASURE_TWIN_H
#define TD_MEASURE_TWIN_H

#include "../device/device.h"
#include "../model/graph.h"
#include "../run/exec.h"
#include "agree.h"

/* One case: inputs and parameters of one node, perhaps with an answer worked out by hand. */
typedef struct {
	const char *name; /* "sizes n=17" */
	td_origin at;     /* in the node's .lua file */
	const td_node *node;
	td_tensor in[TD_MAX_PORTS]; /* host data; rank -1: absent */
	const void *params;
	td_tensor expect[TD_MAX_PORTS]; /* for `ref`, by output port: f64 or i64 data; rank -1: none
					 */
} td_case;

typedef struct {
	bool has_grad;  /* the file has a gradient rule for the node */
	td_arena arena; /* owns all data of the cases */
	td_case *items;
	int n, cap;
} td_cases;

/* One impl on one device. */
typedef struct {
	const td_case *c;
	const char *impl, *device;
	bool left_out; /* the device lacks what the case needs: nothing ran */
	bool pass;
	bool bit_identical; /* to native, over all outputs */
	double worst;       /* largest worst / limit over the outputs */
	char text[512];     /* what failed, "" when it passed */
} td_twin_row;

/* The case as a graph: inputs with their data, the node under test as the last step, its outputs.
 * There is room for TD_MAX_PORTS more inputs. */
td_graph *td_twin_graph(const td_registry *r, const td_case *c, td_run_inputs *data);
/* Adds an input that brings a copy of the data of `t`; returns its value. */
int td_twin_input(td_graph *g, const char *name, const td_tensor *t, td_origin at,
                  td_run_inputs *data);

/* Runs the case on every device given (the first is the baseline for bit identity), with each impl
 * that can run there, vendor libraries included; `ref` is held against `expect`. Calls take() once
 * per impl and device, also where the device lacks what the case needs. An impl that promises D3 must have the bits of the baseline. Returns false
 * only when it could not be tried at all. */
TD_MUST_USE bool td_twin_case(const td_registry *r, const td_case *c, td_device *const *dev,
                              int n_dev, void (*take)(void *arg, const td_twin_row *row), void *arg,
                              td_err *e);

#endif
