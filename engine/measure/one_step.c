#include "one_step.h"

static bool written_over(const td_node *node, int port)
{
	for (int i = 0; i < td_ports_count(node->out); i++)
		if (node->out[i].over && td_same(node->out[i].over, node->in[port].name))
			return true;
	return false;
}

int td_own_value(td_graph *g, const td_node *node, int port, int value, td_origin at)
{
	if (!written_over(node, port))
		return value;
	int copy = td_graph_step(g, "tensor.copy", &(td_binding){NULL, value}, 1, NULL, 0,
	                         &(td_step_options){0}, at);
	return td_graph_out(g, copy, NULL, at);
}
