// How commands are told which messages are meant: --sender, --recipient, --destination, queue ids,
// "-" for ids from standard input, ALL.
// Not thread-safe: reads a stream.
#pragma once

#include "core/tools/options.h"
#include "core/tools/queue_view.h"

namespace postern::tools {

// True: the long option was --sender, --recipient or --destination with a value, and none of them
// came before.
bool read_selector(Options& options, Which& which);

// `words`: queue ids, "-", or ALL (with names of Postfix's queues behind it, which must be known).
// kInvalid: none, or not a queue id; kLimit: too many ids.
Result<Which> read_ids(const Io& io, const Arguments& words);

// The ids of a text, one on each line, the first word of it: what `mailq | awk` or a log gives.
// Lines that do not begin with a queue id are an error, so that a wrong pipe deletes nothing.
Result<std::vector<std::string>> read_id_lines(std::FILE* in);

}  // namespace postern::tools
