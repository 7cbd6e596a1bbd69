/*-------------------------------------------------------------------------
 *
 * fault.h
 *	  Crash positions for the tests: nothing in a shipped build.
 *
 * With -DHFT_TESTING a position "place:operation" (send:create, answer:upload,
 * ...) that is named by the first line of the file in hft.fault_file removes
 * that file and does what the line says: "send:create kill", "exit",
 * "error", "wait" (until the file hft.fault_file".go" exists, 60 s at most).
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_FAULT_H
#define HFT_FAULT_H

#ifdef HFT_TESTING
extern void hft_fault_define(void);
extern void hft_fault_point(const char *place, const char *operation);
extern int64 hft_clock_shift(void);
#else
#define hft_fault_define() ((void) 0)
#define hft_fault_point(place, operation) ((void) 0)
#define hft_clock_shift() INT64CONST(0)
#endif

#endif							/* HFT_FAULT_H */
