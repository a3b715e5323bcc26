/* registry.h: the nodes there are: the built-in list and plug-ins. Layer 1. */
#ifndef TD_MODEL_REGISTRY_H
#define TD_MODEL_REGISTRY_H

#include "../base/arena.h"
#include "../base/hash.h"

/* A loaded plug-in, for the record. */
typedef struct {
	const char *path, *build;
	td_sha256 sha;
	void *handle; /* of dlopen */
} td_plugin_info;

typedef struct {
	const td_node **items; /* sorted by name */
	int n, cap;
	struct {
		td_plugin_info *items;
		int n, cap;
	} plugins;
	td_arena arena;
} td_registry;

/* All built-in nodes. */
void td_registry_init(td_registry *r);
void td_registry_fini(td_registry *r);
/* Loads a shared object that exports `tandem_plugin`; all its nodes or none. It cannot replace a
 * node that is there. Wrong ABI or a malformed node: TD_E_USAGE with what was found and what is
 * needed. */
TD_MUST_USE bool td_registry_load(td_registry *r, const char *path, td_err *e);

/* The node of that full name ("graph.corr"), or NULL. */
const td_node *td_registry_find(const td_registry *r, const char *name);
const char *td_registry_closest(const td_registry *r, const char *name);

/* Is the descriptor sound: names, shapes, units, ranges, defaults, `ref` first? (node_valid.c) */
TD_MUST_USE bool td_node_valid(const td_node *node, td_err *e);

/* Ports by name: the index, or -1. */
int td_port_find(const td_port *ports, const char *name);
int td_ports_count(const td_port *ports);
const char *td_port_closest(const td_port *ports, const char *name);
const td_impl *td_impl_find(const td_node *node, const char *name);
/* Does the impl take a number of that dtype at that input? */
bool td_impl_takes(const td_impl *impl, const td_port *port, td_dtype dtype);

#endif
