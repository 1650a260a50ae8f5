/* The simulator as a process of its own: started, asked, killed and stopped by its number. */
#ifndef DEMO_SIMULATOR_H
#define DEMO_SIMULATOR_H

#include <stddef.h>
#include <sys/types.h>

/* Has a thread watch over the simulator, over Ctrl-C and over the time: if one of them ends the
 * demo, everything is stopped and removed. Before any other thread is started. */
void simulator_watch(unsigned limit_seconds);

/* Makes the directory that everything happens in. */
void simulator_make_directory(void);

/* Starts a process of `program` with these further options, and waits until it listens. */
void simulator_start(const char *program, char *const *options);

/* The running process, and the files in its directory. */
pid_t simulator_pid(void);
const char *simulator_socket(void);
const char *simulator_config(void);

/* Has it carry out a command of its control line; what it answers after "ok ". */
const char *simulator_command(const char *command);

/* A number in the answer of its command `stats`. */
long simulator_stat(const char *name);

/* Whether it ended although nobody here ended it, and how. */
int simulator_has_ended(char *why, size_t size);

/* Ends it with SIGKILL, as a crash would. */
void simulator_kill(void);

/* Ends it in peace; its exit code. */
int simulator_stop(void);

/* Ends it if it runs, and removes the directory. */
void simulator_clean_up(void);

#endif
