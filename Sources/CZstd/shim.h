// libzstd's public header.
#pragma once
#include <zstd.h>
