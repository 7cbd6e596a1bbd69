/*-------------------------------------------------------------------------
 *
 * kernel.c
 *	  Which kernel runs on this machine.
 *
 *-------------------------------------------------------------------------
 */
#include "tokenizer/internal.h"

static const HftKernel *const kernels[] = {
#if defined(__x86_64__)
	&hft_kernel_avx512,
	&hft_kernel_avx2,
#endif
	&hft_kernel_none
};

const HftKernel *
hft_kernel_find(const char *name)
{
	int			i;

	for (i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++)
		if ((name == NULL || strcmp(kernels[i]->name, name) == 0) &&
			kernels[i]->usable())
			return kernels[i];
	return NULL;
}
