// The privileged delivery process.  Forked once at start, before the engine drops its rights and
// before it has threads; holds what only root can do and speaks to nothing but its parent.
//
// One request is one packet on a SOCK_SEQPACKET pair: an encoded order and two descriptors, a
// sealed memfd with the message and the write end of a pipe for the answer.  For each the process
// checks the order against its policy, forks a child that gives up root for good and performs the
// order, and kills the child at the deadline.  It parses no mail, reads no configuration and opens
// no network. It ends when the engine's end of the pair closes.
#pragma once

#include <sys/types.h>

#include "core/base/unique_fd.h"
#include "core/delivery/local/agent_policy.h"

namespace postern::delivery {

struct AgentHandle {
  UniqueFd channel;  // for AgentClient; closing it ends the process
  pid_t pid = -1;    // to be waited for after that
};

// Forks the process.  Call before threads and before rights are dropped.  Errors: socketpair, fork.
Result<AgentHandle> start_agent(const AgentPolicy& policy);

// The process's loop, until `channel` closes and the last child is gone.
void serve_agent(int channel, const AgentPolicy& policy);

}  // namespace postern::delivery
