#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static FILE *json;
static const char *suffix = "";

uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double quantile(double *samples, size_t count, double share)
{
    if (count == 0)
        return 0;
    qsort(samples, count, sizeof *samples, compare);
    return samples[(size_t)((double)(count - 1) * share)];
}

void report_open(const char *path, const char *label)
{
    suffix = label;
    if (path != NULL && (json = fopen(path, "a")) == NULL)
        fail("cannot write", path);
}

void report_close(void)
{
    if (json != NULL)
        fclose(json);
}

void report_section(const char *title)
{
    printf("\n%s%s\n%-46s %12s %-8s %12s %7s %8s\n", title, suffix, "", "value", "unit", "baseline",
           "ratio", "target");
}

static void line(const char *name, double value, const char *unit, double baseline, double ratio,
                 double target, int has_baseline, int has_target, int met)
{
    printf("%-46s %12.4g %-8s", name, value, unit);
    if (has_baseline)
        printf(" %12.4g %7.2f", baseline, ratio);
    else if (has_target)
        printf(" %12s %7s", "", "");
    if (has_target)
        printf(" %7.2f%s", target, met ? "" : "  MISSED");
    printf("\n");
    fflush(stdout);
    if (json == NULL)
        return;
    fprintf(json, "{\"name\":\"%s%s\",\"value\":%.6g,\"unit\":\"%s\"", name, suffix, value, unit);
    if (has_baseline)
        fprintf(json, ",\"baseline\":%.6g,\"ratio\":%.4g", baseline, ratio);
    if (has_target)
        fprintf(json, ",\"target\":%.4g,\"met\":%s", target, met ? "true" : "false");
    fprintf(json, "}\n");
}

void report_value(const char *name, double value, const char *unit)
{
    line(name, value, unit, 0, 0, 0, 0, 0, 1);
}

void report_ratio(const char *name, double value, const char *unit, double baseline, double ratio,
                  double target, int at_most)
{
    int met = at_most ? ratio <= target : ratio >= target;
    line(name, value, unit, baseline, ratio, target, 1, target > 0, met);
}

void report_limit(const char *name, double value, const char *unit, double limit, int at_most)
{
    int met = at_most ? value <= limit : value >= limit;
    line(name, value, unit, 0, 0, limit, 0, 1, met);
}

void report_point(const char *series, double x, double value, const char *unit)
{
    if (json != NULL)
        fprintf(json, "{\"series\":\"%s\",\"x\":%.6g,\"value\":%.6g,\"unit\":\"%s\"}\n", series, x,
                value, unit);
}

void fail(const char *what, const char *why)
{
    fprintf(stderr, "bench: %s: %s\n", what, why);
    exit(1);
}
