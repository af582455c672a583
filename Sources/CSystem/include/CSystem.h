// System calls and macros of Linux that Swift cannot import.
#pragma once
#include <pthread.h>
#include <spawn.h>
#include <getopt.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/pidfd.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

/// Wrapper around prctl(PR_SET_PDEATHSIG, …), which is variadic: the kernel sends `signal` to this process when the
/// thread that created it ends. Returns 0 or -1 with errno.
int CSystem_set_parent_death_signal(int signal);
/// Wrapper around the system call futex(FUTEX_WAIT_BITSET_PRIVATE): sleeps while `*word` is `expected`, until woken
/// or CLOCK_MONOTONIC reaches `deadline`, which may be NULL. Returns 0 or an error number, such as ETIMEDOUT.
int CSystem_futex_wait(uint32_t *word, uint32_t expected, const struct timespec *deadline);
/// Wrapper around the system call futex(FUTEX_WAKE_PRIVATE): wakes at most `count` of those who sleep on `word`.
void CSystem_futex_wake(uint32_t *word, int count);
/// Wrapper around pthread_setname_np(pthread_self(), …). Names over 15 bytes are cut.
void CSystem_set_thread_name(const char *name);
/// Wrapper around ppoll(), which glibc hides: waits until `descriptor` is readable or `nanoseconds` have passed.
/// Returns 1, 0, or -1 with errno.
int CSystem_wait_readable(int descriptor, int64_t nanoseconds);
/// Wrapper around pipe2(…, O_CLOEXEC), which only GNU's headers declare. Returns 0 or -1 with errno.
int CSystem_pipe(int ends[2]);
/// Wrapper around posix_spawn_file_actions_addclosefrom_np, which only GNU's headers declare.
int CSystem_spawn_close_from(posix_spawn_file_actions_t *actions, int first);
/// Wrapper around sigabbrev_np, which only GNU's headers declare: "TERM" for 15, NULL for what is no signal.
const char *CSystem_signal_name(int signal);
/// Room for a text of this thread, CSystem_thread_text_size bytes; zeros at first.
char *CSystem_thread_text(void);
#define CSystem_thread_text_size 512
/// How often the process was forked since it first asked, as this process sees it: a child counts one more.
uint32_t CSystem_forks(void);
/// Wrapper around sched_getaffinity() and CPU_COUNT, which only GNU's headers declare: how many processors this process
/// may use, 1 if that is not known.
int CSystem_processors(void);
/// The processor's counter of time, which costs a third of reading a clock: RDTSC or CNTVCT_EL0; 0 where there is none.
static inline uint64_t CSystem_ticks(void) {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return 0;
#endif
}
/// A number that no other living thread has.
static inline uintptr_t CSystem_thread(void) { return (uintptr_t)pthread_self(); }
/// Tells the processor that this thread spins.
static inline void CSystem_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}
