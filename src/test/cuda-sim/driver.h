// How the driver's calls are written here.
#pragma once

#include "device.h"

#define API extern "C" __attribute__((visibility("default"))) int

// First in every call: takes the lock, and looks at everything that makes any call fail.
#define ENTER(kind)               \
    Call call(Call::kind);        \
    if (call.refusal != kSuccess) return call.refusal
