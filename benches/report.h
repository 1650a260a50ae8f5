/* What the benchmark measures and how it tells: a table for people, a JSON line a figure. */
#ifndef REPORT_H
#define REPORT_H

#include <stddef.h>
#include <stdint.h>

/* Nanoseconds of a clock that only goes forward. */
uint64_t now_ns(void);

/* The value below which `share` (0 to 1) of the samples lie; sorts them. */
double quantile(double *samples, size_t count, double share);

/* Opens the file for JSON lines, NULL for none; `label` follows every heading and name. */
void report_open(const char *path, const char *label);
void report_close(void);

/* A heading in the table. */
void report_section(const char *title);

/* A figure by itself. */
void report_value(const char *name, double value, const char *unit);

/* A figure beside its baseline; a target of 0 means none, `at_most` tells on which side of it is
 * good. The ratio is given, because it may be the median of many. */
void report_ratio(const char *name, double value, const char *unit, double baseline, double ratio,
                  double target, int at_most);

/* A figure with a limit of its own. */
void report_limit(const char *name, double value, const char *unit, double limit, int at_most);

/* A line of the chart: `value` at `x` of the series. */
void report_point(const char *series, double x, double value, const char *unit);

/* Ends the program with a message. */
void fail(const char *what, const char *why);

#endif
