#include "oracle.h"

#include "../run/convert.h"

#include <stdlib.h>
#include <string.h>

struct td_oracle {
	td_device *dev;
	td_tensor in[TD_MAX_PORTS], out[TD_MAX_PORTS], scratch[TD_MAX_PORTS];
	double *mag[TD_MAX_PORTS];
	td_call call;
};

td_oracle *td_oracle_new(void)
{
	return td_alloc(sizeof(td_oracle));
}

static void forget(td_oracle *o)
{
	for (int i = 0; i < TD_MAX_PORTS; i++) {
		free(o->in[i].data);
		free(o->out[i].data);
		free(o->scratch[i].data);
		free(o->mag[i]);
		o->in[i].data = o->out[i].data = o->scratch[i].data = NULL;
		o->mag[i] = NULL;
	}
}

void td_oracle_free(td_oracle *o)
{
	if (!o)
		return;
	forget(o);
	td_device_close(o->dev);
	free(o);
}

static void widen(td_tensor *to, const td_tensor *from)
{
	*to = *from;
	to->mem = NULL;
	to->data = NULL;
	if (from->rank < 0)
		return;
	int64_t n = td_numel(from);
	to->dtype = td_wide(from->dtype);
	to->data = td_alloc(td_size_mul((size_t)n, 8));
	if (from->data)
		td_convert(to->data, to->dtype, from->data, from->dtype, n);
}

static void widen_dims(td_tensor *to, const td_tensor *dims)
{
	td_tensor empty = *dims;
	empty.data = NULL;
	widen(to, &empty);
}

/* An output written over an input has that input's memory, and the input points there too. */
static void share_over(td_oracle *o, const td_node *node, int port)
{
	int in = node->out[port].over ? td_port_find(node->in, node->out[port].over) : -1;
	if (in < 0)
		return;
	if (o->in[in].data && o->out[port].data)
		memcpy(o->out[port].data, o->in[in].data, (size_t)td_numel(&o->in[in]) * 8);
}

bool td_oracle_run(td_oracle *o, const td_node *node, const void *params, const td_tensor *in,
                   const td_tensor *out, const td_tensor *scratch, td_err *e)
{
	forget(o);
	if (!o->dev && !td_device_open("ref", &o->dev, e))
		return false;
	for (int i = 0; i < td_ports_count(node->in); i++)
		widen(&o->in[i], &in[i]);
	for (int i = 0; i < td_ports_count(node->scratch); i++)
		widen_dims(&o->scratch[i], &scratch[i]);
	for (int i = 0; i < td_ports_count(node->out); i++) {
		widen_dims(&o->out[i], &out[i]);
		share_over(o, node, i);
		if (node->out[i].tol.kind == TD_SUM)
			o->mag[i] =
				td_alloc(td_size_mul((size_t)td_numel(&out[i]), sizeof(double)));
	}
	o->call = (td_call){
		.in = o->in, .out = o->out, .scratch = o->scratch, .params = params, .mag = o->mag};
	return td_device_run(o->dev, &node->impls[0], &o->call, 0, e);
}

const td_tensor *td_oracle_output(const td_oracle *o, int port)
{
	return &o->out[port];
}

const double *td_oracle_mag(const td_oracle *o, int port)
{
	return o->mag[port];
}

const td_call *td_oracle_call(const td_oracle *o)
{
	return &o->call;
}
