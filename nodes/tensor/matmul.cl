/* tensor.matmul: the product as it is. */
#include "tandem.clh"

#include "td_product.h"

#define EXTRA
#define AFTER(c, p, column) (void)0
#define SUM(x, column) (x)

#define KERNEL tensor_matmul_float
#define SLICE_OF slice_float
#define T float
#define PANEL TD_PANEL
#define PRODUCT td_product
#include "td_matmul_body.h"
#undef KERNEL
#undef SLICE_OF
#undef T
#undef PANEL
#undef PRODUCT

#ifdef TD_FP64
#define KERNEL tensor_matmul_double
#define SLICE_OF slice_double
#define T double
#define PANEL TD_PANEL_F64
#define PRODUCT td_product_f64
#include "td_matmul_body.h"
#undef KERNEL
#undef SLICE_OF
#undef T
#undef PANEL
#undef PRODUCT
#endif
