// What a client is told when a message cannot be kept.  The cause goes to the log; the reply tells
// a stranger only whether to come back.  durability.md: ENOSPC and EDQUOT are 452 4.3.1, any other
// failure to write 451 4.3.0.  Pure.
#pragma once

#include <string>

#include "core/base/error.h"
#include "core/mail/rejection.h"

namespace postern::engine {

mail::Rejection no_space(std::string cause);     // 452 4.3.1
mail::Rejection not_written(std::string cause);  // 451 4.3.0
// Of Intake::commit, ContentWriter::append and finish.
mail::Rejection rejection_of(const Error& error);

}  // namespace postern::engine
