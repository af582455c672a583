// libFuzzer's entry for programs that have a main of their own.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Runs `callback` with inputs it makes up until one crashes or the options say stop.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));
