/* What the demo tells: one line a step, and what it checked. */
#ifndef DEMO_REPORT_H
#define DEMO_REPORT_H

#include <kpclient.h>

/* The next step begins. */
void step(const char *name);

/* A line of the step, with a value that was checked. */
void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One value is as it must be; otherwise the demo fails with this text. */
void check(int holds, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A call succeeded; otherwise the demo fails with its error. Takes the error's address, because
 * it is the call that sets it. */
void must(kpc_status status, kpc_error **error, const char *what);

/* Ends the demo: tells why, stops everything, exit code 1. On any thread. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* The last line. */
void passed(void);

/* Seconds since the demo began. */
double seconds(void);

#endif
