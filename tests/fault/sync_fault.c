/* Preloaded into the gateway by tests/gateway_disk.rs: makes fsync and fdatasync fail or wait, at the test's word.
 *
 * SYNC_FAULT names a file that is read at each call. It holds `eio NAME` (fail with EIO) or `delay MS NAME`; either
 * is for files whose path holds NAME. Without the file nothing is changed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Whether the call is to fail; waits if it is told to. */
static int fault(int fd)
{
    const char *control = getenv("SYNC_FAULT");
    FILE *file = control ? fopen(control, "re") : NULL;
    char link[64], path[4096], verb[16] = "", name[128] = "";
    long wait = 0;
    ssize_t length;

    if (!file)
        return 0;
    if (fscanf(file, "%15s", verb) == 1 && !strcmp(verb, "delay") && fscanf(file, "%ld", &wait) != 1)
        wait = 0;
    if (fscanf(file, "%127s", name) != 1)
        name[0] = '\0';
    fclose(file);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = '\0';
    if (!name[0] || !strstr(path, name))
        return 0;
    if (wait > 0) {
        struct timespec time = { wait / 1000, wait % 1000 * 1000000 };
        nanosleep(&time, NULL);
    }
    return !strcmp(verb, "eio");
}

static int sync_by(const char *function, int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, function);

    if (fault(fd)) {
        errno = EIO;
        return -1;
    }
    return real(fd);
}

int fsync(int fd)
{
    return sync_by("fsync", fd);
}

int fdatasync(int fd)
{
    return sync_by("fdatasync", fd);
}
