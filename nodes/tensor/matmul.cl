/* tensor.matmul: the product as it is. */
#include "tandem.clh"

#define KERNEL(type) tensor_matmul_##type
#define EXTRA(S)
#define AFTER(T, c, p, column) (void)0
#define AFTER_STORED(sum, p, column, kind) (void)0
#define ONE(T, x, column) (x)
#include "td_matmul_kernels_body.h"
