#define _GNU_SOURCE
#include "CSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int CSystem_set_parent_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, signal); }

int CSystem_futex_wait(uint32_t *word, uint32_t expected, const struct timespec *deadline) {
    const long result =
        syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, expected, deadline, NULL, FUTEX_BITSET_MATCH_ANY);
    return result == 0 ? 0 : errno;
}

void CSystem_futex_wake(uint32_t *word, int count) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count); }

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

static _Thread_local char thread_text[CSystem_thread_text_size];

char *CSystem_thread_text(void) { return thread_text; }

static uint32_t forks;
static pthread_once_t watches_forks = PTHREAD_ONCE_INIT;

static void count_fork(void) { forks += 1; }
static void watch_forks(void) { pthread_atfork(NULL, NULL, count_fork); }

uint32_t CSystem_forks(void) {
    pthread_once(&watches_forks, watch_forks);
    return forks;
}

int CSystem_processors(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}
