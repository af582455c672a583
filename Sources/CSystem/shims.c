#define _GNU_SOURCE
#include "CSystem.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

int CSystem_set_parent_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, signal); }

int CSystem_adaptive_mutex_init(pthread_mutex_t *mutex) {
    pthread_mutexattr_t attributes;
    int result = pthread_mutexattr_init(&attributes);
    if (result != 0) return result;
    result = pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
    if (result == 0) result = pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return result;
}

void CSystem_set_thread_name(const char *name) {
    char cut[16];
    strncpy(cut, name, sizeof cut - 1);
    cut[sizeof cut - 1] = 0;
    pthread_setname_np(pthread_self(), cut);
}

int CSystem_wait_readable(int descriptor, int64_t nanoseconds) {
    struct pollfd item = {descriptor, POLLIN, 0};
    const struct timespec time = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    return ppoll(&item, 1, &time, NULL);
}

int CSystem_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int CSystem_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

const char *CSystem_signal_name(int signal) { return sigabbrev_np(signal); }
