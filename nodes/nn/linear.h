/* linear.h: what follows the product of nn.linear, for C and OpenCL C. */
#ifndef TD_NODES_NN_LINEAR_H
#define TD_NODES_NN_LINEAR_H

enum { LINEAR_NONE, LINEAR_RELU, LINEAR_GELU };

#endif
