/*
 * Copyright (C) facetree contributors
 *
 * The first process of the container, which has no shell: becomes nginx, with
 * one worker for each CPU that the container may use.  nginx's own "auto"
 * counts the CPUs of the machine.
 *
 *     facetree-start NGINX [ARGUMENT...]
 *     facetree-start --workers [DIR]
 *
 * The second only says how many; DIR stands in for /sys/fs/cgroup.
 */

#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#define CGROUP  "/sys/fs/cgroup"


/* The first line of DIR/NAME, or NULL. */

static const char *
read_line(const char *dir, const char *name, char *line, size_t size)
{
    int    length;
    char   path[4096];
    FILE  *file;

    length = snprintf(path, sizeof(path), "%s/%s", dir, name);
    if (length < 0 || (size_t) length >= sizeof(path)) {
        return NULL;
    }

    file = fopen(path, "re");
    if (file == NULL) {
        return NULL;
    }

    if (fgets(line, (int) size, file) == NULL) {
        line = NULL;
    }

    (void) fclose(file);

    return line;
}


/* CPUs of the quota, rounded up; 0 where there is none. */

static long
whole_cpus(long quota, long period)
{
    if (quota <= 0 || period <= 0) {
        return 0;
    }

    return (quota - 1) / period + 1;
}


/* cgroup v2 has "QUOTA PERIOD" or "max PERIOD" in one file, v1 has two. */

static long
quota_cpus(const char *root)
{
    long         quota, period;
    char         line[64];
    size_t       i;
    char         name[64];
    static const char  *v1[] = { "cpu", "cpu,cpuacct", "." };

    if (read_line(root, "cpu.max", line, sizeof(line)) != NULL) {
        if (sscanf(line, "%ld %ld", &quota, &period) != 2) {
            return 0;
        }

        return whole_cpus(quota, period);
    }

    for (i = 0; i < sizeof(v1) / sizeof(v1[0]); i++) {
        (void) snprintf(name, sizeof(name), "%s/cpu.cfs_quota_us", v1[i]);
        if (read_line(root, name, line, sizeof(line)) == NULL) {
            continue;
        }

        quota = strtol(line, NULL, 10);

        (void) snprintf(name, sizeof(name), "%s/cpu.cfs_period_us", v1[i]);
        if (read_line(root, name, line, sizeof(line)) == NULL) {
            continue;
        }

        return whole_cpus(quota, strtol(line, NULL, 10));
    }

    return 0;
}


static long
count_workers(const char *root)
{
    long       cpus, quota;
    cpu_set_t  set;

    cpus = sched_getaffinity(0, sizeof(set), &set) == 0
           ? CPU_COUNT(&set) : sysconf(_SC_NPROCESSORS_ONLN);
    quota = quota_cpus(root);

    if (quota > 0 && quota < cpus) {
        cpus = quota;
    }

    return cpus > 0 ? cpus : 1;
}


int
main(int argc, char **argv)
{
    char    directive[64];
    char  **args;

    if (argc < 2) {
        (void) fputs("usage: facetree-start NGINX [ARGUMENT...]\n", stderr);
        return 2;
    }

    if (strcmp(argv[1], "--workers") == 0) {
        (void) printf("%ld\n", count_workers(argc > 2 ? argv[2] : CGROUP));
        return 0;
    }

    args = calloc((size_t) argc + 2, sizeof(char *));
    if (args == NULL) {
        perror("facetree-start");
        return 1;
    }

    (void) snprintf(directive, sizeof(directive), "worker_processes %ld;",
                    count_workers(CGROUP));

    memcpy(args, argv + 1, (size_t) (argc - 1) * sizeof(char *));
    args[argc - 1] = "-g";
    args[argc] = directive;

    (void) execv(args[0], args);
    perror(args[0]);

    return 1;
}
