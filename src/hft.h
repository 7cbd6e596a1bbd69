/*-------------------------------------------------------------------------
 *
 * hft.h
 *	  Identity of the library.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_HFT_H
#define HFT_HFT_H

/* what hft.control says; the SQL and the library must agree (R12) */
#define HFT_VERSION "1.1.0"

#endif							/* HFT_HFT_H */
