// What the queue is made of, from main.cf and the transports of master.cf.  Pure.
#pragma once

#include "core/base/result.h"
#include "core/config/settings.h"
#include "core/queue/queue_options.h"

namespace postern::engine {

// kInvalid: a feedback that is no number; the text names the parameter.
Result<queue::QueueOptions> queue_options(const config::Settings& settings);

}  // namespace postern::engine
