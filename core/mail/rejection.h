// A refusal as it concerns the client: what the reply says, and, apart from it, why.
// The public text is bland on purpose; the private cause goes to the log only.
#pragma once

#include <string>

#include "core/mail/reply.h"

namespace postern::mail {

struct Rejection {
  Reply reply;                // 4yz or 5yz
  std::string private_cause;  // for the log; may be empty
  bool disconnect = false;    // close after the reply (421, 521)
};

}  // namespace postern::mail
